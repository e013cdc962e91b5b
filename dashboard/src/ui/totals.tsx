/** What a span of time came to, beside the span before: the same figures on each page that has them. */

import type { Answer } from "@/api/analytics";
import { count, duration, percent, usd } from "@/lib/format";
import { valuesOf } from "@/lib/series";
import { lengthMs, type Span } from "@/lib/time-range";
import { Change } from "@/ui/change";
import { Stat } from "@/ui/stat";

interface Figure {
  metric: string;
  label: string;
  format: (value: number | null) => string;
  good?: "up" | "down";
  isShare?: boolean;
  /** From so much on it is shown as bad. */
  badFrom?: number;
}

const FIGURES: Figure[] = [
  { metric: "requests", label: "Requests", format: count },
  { metric: "tokens", label: "Tokens", format: count },
  { metric: "cost", label: "Cost", format: usd },
  { metric: "error_rate", label: "Error rate", format: percent, good: "down", isShare: true, badFrom: 0.05 },
  { metric: "cache_rate", label: "Cache hit rate", format: percent, good: "up", isShare: true },
  { metric: "duration_avg", label: "Latency, average", format: duration, good: "down" },
  { metric: "duration_p50", label: "Latency p50", format: duration, good: "down" },
  { metric: "duration_p95", label: "Latency p95", format: duration, good: "down" },
  { metric: "duration_p99", label: "Latency p99", format: duration, good: "down" },
];
/** Of entries of the metadata averages alone are kept. */
const ALONE = "duration_avg";
const COUNTED = new Set(["requests", "tokens", "cost"]);

interface TotalsProps {
  span: Span;
  times: number[];
  byTime: Answer | undefined;
  before: Answer | undefined;
  isMetadata?: boolean;
}

export function Totals({ span, times, byTime, before, isMetadata = false }: TotalsProps) {
  const than = thanOf(span);
  const shown = FIGURES.filter(({ metric }) => (isMetadata ? !/_p\d\d$/.test(metric) : metric !== ALONE));
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-4 2xl:grid-cols-8">
      {shown.map((figure) => (
        <Stat
          key={figure.metric}
          label={figure.label}
          value={byTime && figure.format(byTime.totals[figure.metric] ?? null)}
          note={
            byTime && before ? (
              <Change
                now={byTime.totals[figure.metric]}
                before={before.totals[figure.metric]}
                than={than}
                good={figure.good}
                isShare={figure.isShare}
              />
            ) : (
              "\u00a0"
            )
          }
          trend={
            !byTime?.totals.requests
              ? []
              : valuesOf(byTime.rows, times, figure.metric, COUNTED.has(figure.metric) ? 0 : null)
          }
          tone={(byTime?.totals[figure.metric] ?? 0) >= (figure.badFrom ?? Number.POSITIVE_INFINITY) ? "bad" : "plain"}
        />
      ))}
    </div>
  );
}

/** Such as `the 24 h before`. */
const thanOf = (span: Span) => `the ${duration(lengthMs(span))} before`;
