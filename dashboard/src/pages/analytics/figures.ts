/** The questions behind the page, and who are the first of a break-down. */

import { useMemo } from "react";
import { type Answer, type Dimension, type Metric, type Question, type Row, useAnalytics } from "@/api/analytics";
import { MOST_ROWS } from "@/api/limits";
import { type Span, spanBefore } from "@/lib/time-range";
import type { Asked } from "@/pages/analytics/choice";

export const SHOWN = 7;
const MOST_RANKED = 200;
const MOST_TRAITS = 2_000;

const COUNTS: Metric[] = [
  "requests",
  "errors",
  "error_rate",
  "cached",
  "cache_rate",
  "tokens",
  "tokens_in",
  "tokens_out",
  "cost",
];
const ALL: Metric[] = [
  ...COUNTS,
  ...([
    "cached_tokens_in",
    "reasoning_tokens_out",
    "tokens_in_from_cache",
    "tokens_out_from_cache",
    "unpriced",
  ] as const),
  ...(["duration_p50", "duration_p90", "duration_p95", "duration_p99"] as const),
  ...(["first_byte_p50", "first_byte_p90", "first_byte_p95", "first_byte_p99"] as const),
];
const OF_METADATA: Metric[] = [...COUNTS, "duration_avg"];
const BROKEN_DOWN: Metric[] = [...COUNTS, "duration_p95", "first_byte_p95"];

export type Rank = "requests" | "tokens" | "cost" | "errors";

interface Wish {
  gateway: string;
  span: Span;
  asked: Asked;
  everyMs: number | false;
}

/** All of what is chosen, by time and beside the span before. */
export function useSums({ gateway, span, asked, everyMs }: Wish) {
  const metrics = asked.isMetadata ? OF_METADATA : ALL;
  const options = { gateway, everyMs };
  const { filters } = asked;
  const within: Question = { since: span.since, until: span.until, filters };
  return {
    byTime: useAnalytics({ ...within, metrics, granularity: span.granularity, limit: MOST_ROWS }, options),
    before: useAnalytics({ ...spanBefore(span), filters, metrics }, options),
    errors: useAnalytics(
      {
        ...within,
        filters: [...filters, { key: "error", operator: "eq", value: [true] }],
        metrics: ["errors"],
        dimensions: ["status"],
        granularity: span.granularity,
        limit: MOST_ROWS,
      },
      { ...options, isAsked: !asked.isMetadata && asked.dimension === null },
    ),
  };
}

/** By the values of the dimension: their ranking, the first of them by time, and all others together by time. */
export function useBreakDown({ gateway, span, asked, everyMs }: Wish, rank: Rank) {
  const { dimension, filters } = asked;
  const key = dimension ?? "model";
  const within: Question = { since: span.since, until: span.until };
  const options = { gateway, everyMs };
  const metrics = asked.isMetadata ? OF_METADATA : BROKEN_DOWN;
  const ranking = useAnalytics(
    { ...within, filters, metrics, dimensions: [key], order_by: rank, limit: MOST_RANKED },
    { ...options, isAsked: dimension !== null },
  );
  const ranked = broken(ranking.data, key);
  const first = useMemo(
    () => (ranked?.rows ?? []).slice(0, SHOWN).map((row) => row.dimensions[key] ?? ""),
    [ranked, key],
  );
  const isAsked = dimension !== null && first.length > 0;
  const hasOthers = (ranked?.rows.length ?? 0) > SHOWN;
  const byTime: Question = { ...within, metrics, granularity: span.granularity, limit: MOST_ROWS };
  const series = useAnalytics(
    { ...byTime, filters: [...filters, { key, operator: "eq", value: first }], dimensions: [key] },
    { ...options, isAsked },
  );
  const others = useAnalytics(
    { ...byTime, filters: [...filters, { key, operator: "neq", value: first }] },
    { ...options, isAsked: isAsked && hasOthers },
  );
  return {
    first: useMemo(() => first.map(String), [first]),
    ranked,
    series: broken(series.data, key),
    others: hasOthers ? others.data : undefined,
    error: ranking.error ?? series.error ?? others.error,
    retry: () => Promise.all([ranking.refetch(), series.refetch()]),
  };
}

/** Until the answer to another question comes the last one is kept, which may be of another dimension. */
const broken = (answer: Answer | undefined, dimension: Dimension) =>
  answer?.rows[0] && !(dimension in answer.rows[0].dimensions) ? undefined : answer;

export type BreakDown = ReturnType<typeof useBreakDown>;

/** What can be chosen from in this span, most used first. */
export function useOptions(gateway: string, span: Span, metadataKey: string) {
  const within: Question = { since: span.since, until: span.until, metrics: ["requests"], order_by: "requests" };
  const options = { gateway };
  const traits = useAnalytics({ ...within, dimensions: ["model", "provider", "status"], limit: MOST_TRAITS }, options);
  const keys = useAnalytics({ ...within, dimensions: ["metadata.key"], limit: MOST_RANKED }, options);
  const values = useAnalytics(
    {
      ...within,
      dimensions: ["metadata.value"],
      filters: [{ key: "metadata.key", operator: "eq", value: [metadataKey] }],
      limit: MOST_RANKED,
    },
    { ...options, isAsked: metadataKey !== "" },
  );
  return {
    models: namesOf(traits.data?.rows, "model"),
    providers: namesOf(traits.data?.rows, "provider"),
    statuses: namesOf(traits.data?.rows, "status").sort(),
    keys: namesOf(keys.data?.rows, "metadata.key"),
    values: namesOf(metadataKey ? values.data?.rows : undefined, "metadata.value"),
  };
}

const namesOf = (rows: Row[] | undefined, dimension: string) => [
  ...new Set((rows ?? []).map((row) => String(row.dimensions[dimension]))),
];
