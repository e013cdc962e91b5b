/** What the overview asks of a span of time. Without anything to draw it with, so that it can be asked early. */

import type { Metric, Question } from "@/api/analytics";
import { MOST_ROWS } from "@/api/limits";
import { type Granularity, lengthMs, type Span, spanBefore } from "@/lib/time-range";

const HOUR_MS = 3_600_000;
const MOST_MODELS = 8;

const TOTALS: Metric[] = [
  "requests",
  "errors",
  "cached",
  "error_rate",
  "cache_rate",
  "tokens",
  "tokens_in",
  "tokens_out",
  "cost",
  "unpriced",
  "duration_p50",
  "duration_p95",
  "duration_p99",
];
const OF_GATEWAY: Metric[] = ["requests", "tokens", "cost", "errors", "error_rate", "cache_rate", "duration_p95"];

export function questionsOf(span: Span) {
  const within: Question = { since: span.since, until: span.until };
  return {
    byTime: { ...within, metrics: TOTALS, granularity: span.granularity, limit: MOST_ROWS },
    before: { ...spanBefore(span), metrics: TOTALS },
    gateways: { ...within, metrics: OF_GATEWAY, dimensions: ["gateway"] },
    gatewaysByTime: {
      ...within,
      metrics: ["requests", "errors"],
      dimensions: ["gateway"],
      granularity: coarseOf(span),
      // Were there too many rows, the oldest would be left out.
      order_by: "time",
      limit: MOST_ROWS,
    },
    models: {
      ...within,
      metrics: ["cost", "requests", "tokens"],
      dimensions: ["model"],
      order_by: "cost",
      limit: MOST_MODELS,
    },
  } satisfies Record<string, Question>;
}

/** Small lines need few points, and there may be a hundred of them. */
export function coarseOf(span: Span): Granularity {
  if (lengthMs(span) <= HOUR_MS) return "minute";
  return span.granularity === "day" ? "day" : "hour";
}
