/** How full a limit is: what was used, and what calls under way hold. */

import { percent } from "@/lib/format";
import { type Standing, shareOf, standingOf } from "@/pages/limits/limits";

const COLOURS: Record<Standing, string> = {
  good: "var(--chart-3)",
  warn: "var(--chart-5)",
  bad: "var(--chart-bad)",
};

interface MeterProps {
  label: string;
  one: { used: number; held: number; remaining: number };
  limit: number;
  isSmall?: boolean;
}

export function Meter({ label, one, limit, isSmall = false }: MeterProps) {
  const share = shareOf(one, limit);
  const used = limit > 0 ? Math.min(1, one.used / limit) : 0;
  const colour = COLOURS[standingOf(one, limit)];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a meter element has one bar, and what is held is another
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
      aria-valuetext={`${percent(share)} used`}
      className={`relative w-full overflow-hidden rounded-full bg-kumo-fill ${isSmall ? "h-1.5" : "h-2.5"}`}
    >
      <span
        className="absolute inset-y-0 left-0 opacity-45 transition-[width]"
        style={{ width: `${share * 100}%`, background: colour }}
      />
      <span
        className="absolute inset-y-0 left-0 transition-[width]"
        style={{ width: `${used * 100}%`, background: colour }}
      />
    </div>
  );
}
