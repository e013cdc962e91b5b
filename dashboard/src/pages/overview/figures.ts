/** The few questions that the overview asks, all at once. */

import { useAnalytics } from "@/api/analytics";
import type { Span } from "@/lib/time-range";
import { questionsOf } from "@/pages/overview/questions";

const DAY_MS = 86_400_000;
const EVER_MS = 790 * DAY_MS;

export type Overview = ReturnType<typeof useOverview>;

export function useOverview(span: Span, everyMs: number | false) {
  const asked = questionsOf(span);
  const options = { everyMs };
  return {
    byTime: useAnalytics(asked.byTime, options),
    before: useAnalytics(asked.before, options),
    gateways: useAnalytics(asked.gateways, options),
    gatewaysByTime: useAnalytics(asked.gatewaysByTime, options),
    models: useAnalytics(asked.models, options),
  };
}

/** Whether there never was a request; undefined while that is not known. Asked only of a span without any. */
export function useIsFresh(isSpanEmpty: boolean | undefined, until: string, everyMs: number | false) {
  const ever = useAnalytics(
    { since: new Date(Date.parse(until) - EVER_MS).toISOString(), until, metrics: ["requests"] },
    { isAsked: isSpanEmpty === true, everyMs },
  );
  if (isSpanEmpty === undefined) return undefined;
  if (!isSpanEmpty) return false;
  if (ever.isError) return false;
  return ever.data && (ever.data.totals.requests ?? 0) === 0;
}
