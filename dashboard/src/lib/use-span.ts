/** The span of time that the address of a page names. */

import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { type Span, spanAt, USUAL } from "@/lib/time-range";

/** `tick` moves presets on; see `useLive`. */
export function useSpan(tick = 0, fallback = USUAL): Span {
  const [params] = useSearchParams();
  const [range, from, to] = [params.get("range"), params.get("from"), params.get("to")];
  // biome-ignore lint/correctness/useExhaustiveDependencies: a tick is the clock's, and the clock is read here
  return useMemo(() => spanAt(params, Date.now(), fallback), [range, from, to, fallback, tick]);
}
