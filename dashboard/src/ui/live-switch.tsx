/** Whether figures keep up with the clock. Kept in the URL as `live`; on for short spans where it is not said. */

import { useLive } from "@/lib/live";
import { lengthMs, type Span } from "@/lib/time-range";
import { useUrlState } from "@/lib/url-state";
import { useSpan } from "@/lib/use-span";

const DAY_MS = 86_400_000;
const MINUTELY_MS = 10_000;
const OFTEN_MS = 5_000;
const SELDOM_MS = 30_000;

export interface Live {
  isOn: boolean;
  /** Ask anew so often; false = not by itself. */
  everyMs: number | false;
  /** Two fixed moments have nothing to keep up with. */
  isPossible: boolean;
  set: (isOn: boolean) => void;
}

/** The span of the URL, moved on while it is live. */
export function useLiveSpan(): { span: Span; live: Live } {
  const live = useLiveChoice(useSpan());
  return { span: useSpan(useLive(live.isOn, MINUTELY_MS)), live };
}

function useLiveChoice(span: Span): Live {
  const [chosen, choose] = useUrlState("live");
  const isPossible = span.name !== "custom";
  const isUsual = lengthMs(span) <= DAY_MS;
  const isOn = isPossible && (chosen ? chosen === "on" : isUsual);
  const everyMs = isOn && (isUsual ? OFTEN_MS : SELDOM_MS);
  return { isOn, everyMs, isPossible, set: (on) => choose(on === isUsual ? "" : on ? "on" : "off") };
}

export function LiveSwitch({ live }: { live: Live }) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={live.isOn}
      disabled={!live.isPossible}
      onClick={() => live.set(!live.isOn)}
      title={live.isPossible ? "New figures come by themselves" : "Two fixed moments do not move with the clock"}
      className="flex h-9 cursor-pointer items-center gap-2 rounded-md border border-kumo-line bg-kumo-control px-2.5 text-sm text-kumo-default disabled:cursor-not-allowed disabled:text-kumo-subtle"
    >
      <span
        aria-hidden
        className={`size-2 rounded-full ${live.isOn ? "animate-pulse bg-kumo-success" : "border border-kumo-line bg-kumo-fill"}`}
      />
      Live
      <span aria-hidden className="text-kumo-subtle">
        {live.isOn ? "on" : "off"}
      </span>
    </button>
  );
}
