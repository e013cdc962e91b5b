/** Attempts as shares of the time that the whole took. */

import type { Attempt, Trace } from "@/pages/logs/types";

export interface Bar {
  attempt: Attempt;
  /** Shares of the scale. */
  from: number;
  end: number;
  /** Share of the bar until the first byte. */
  wait: number;
  waitMs: number;
  tookMs: number;
  isGood: boolean;
}

const GOOD = [200, 399] as const;

export function barsOf(log: Pick<Trace, "attempts" | "timings">): { totalMs: number; bars: Bar[] } {
  const ends = log.attempts.map((one) => (one.ended_s ?? one.first_byte_s ?? one.started_s) * 1000);
  const totalMs = Math.max(log.timings.total, ...ends, 0.001);
  const bars = log.attempts.map((attempt, index) => {
    const next = log.attempts[index + 1];
    const startMs = attempt.started_s * 1000;
    // One that has no end ended with the whole, or where the next one began.
    const endMs =
      attempt.ended_s === null ? (next ? next.started_s * 1000 : log.timings.total) : attempt.ended_s * 1000;
    const tookMs = Math.max(endMs - startMs, 0);
    const waitMs = attempt.first_byte_s === null ? tookMs : Math.max(attempt.first_byte_s * 1000 - startMs, 0);
    return {
      attempt,
      from: startMs / totalMs,
      end: Math.min(Math.max(endMs, startMs) / totalMs, 1),
      wait: tookMs > 0 ? Math.min(waitMs / tookMs, 1) : 1,
      waitMs,
      tookMs,
      isGood: attempt.status >= GOOD[0] && attempt.status <= GOOD[1] && attempt.error === "",
    };
  });
  return { totalMs, bars };
}
