/** The charts of what is chosen as a whole: what each shows, and which logs are behind a series. */

import type { Row } from "@/api/analytics";
import { count, duration, percent, usd } from "@/lib/format";
import type { LogFilter } from "@/lib/log-link";
import { groupBy, minus, type Values, valuesOf } from "@/lib/series";
import type { Series } from "@/ui/chart-props";

export interface DrawnSeries extends Series {
  filters?: LogFilter[];
  status?: string;
}

export interface Spec {
  title: string;
  about?: string;
  format: (value: number | null) => string;
  kind: "bars" | "line";
  isStacked?: boolean;
  series: DrawnSeries[];
}

const is = (key: string, value: boolean): LogFilter => ({ key, operator: "eq", value: [value] });
const LATENCIES = [50, 90, 95, 99] as const;

export function plainSpecs(times: number[], rows: Row[] | undefined, errors: Row[] | undefined): Spec[] {
  const of = (metric: string, missing: number | null = 0) => valuesOf(rows, times, metric, missing);
  return [
    requestsSpec(of),
    costSpec(of),
    tokensSpec(of),
    errorsSpec(times, errors),
    ...latencySpecs(of),
    cacheSpec(of),
    savedSpec(of),
  ];
}

/** Of entries of the metadata fewer figures are kept. */
export function metadataSpecs(times: number[], rows: Row[] | undefined): Spec[] {
  const of = (metric: string, missing: number | null = 0) => valuesOf(rows, times, metric, missing);
  return [
    requestsSpec(of),
    costSpec(of),
    {
      title: "Tokens",
      format: count,
      kind: "bars",
      isStacked: true,
      series: [
        { label: "Input", values: of("tokens_in") },
        { label: "Output", values: of("tokens_out"), colour: "var(--chart-2)" },
      ],
    },
    {
      title: "Average latency",
      format: duration,
      kind: "line",
      series: [{ label: "Latency", values: of("duration_avg", null) }],
    },
    {
      title: "Errors",
      format: count,
      kind: "bars",
      series: [{ label: "Errors", values: of("errors"), colour: "var(--chart-bad)", filters: [is("success", false)] }],
    },
    cacheSpec(of),
  ];
}

type Of = (metric: string, missing?: number | null) => Values;

function requestsSpec(of: Of): Spec {
  const [requests, errors, cached] = [of("requests"), of("errors"), of("cached")];
  return {
    title: "Requests",
    format: count,
    kind: "bars",
    isStacked: true,
    series: [
      {
        label: "Answered",
        values: minus(requests, errors, cached),
        colour: "var(--chart-2)",
        filters: [is("success", true), is("cached", false)],
      },
      { label: "From the cache", values: cached, colour: "var(--chart-3)", filters: [is("cached", true)] },
      { label: "Failed", values: errors, colour: "var(--chart-bad)", filters: [is("success", false)] },
    ],
  };
}

function costSpec(of: Of): Spec {
  return { title: "Cost", format: usd, kind: "bars", series: [{ label: "Cost", values: of("cost") }] };
}

/** Parts that add up to what was used. */
function tokensSpec(of: Of): Spec {
  const [cachedIn, reasoning] = [of("cached_tokens_in"), of("reasoning_tokens_out")];
  return {
    title: "Tokens",
    format: count,
    kind: "bars",
    isStacked: true,
    series: [
      { label: "Input", values: minus(of("tokens_in"), cachedIn), colour: "var(--chart-2)" },
      { label: "Input from the provider's cache", values: cachedIn, colour: "var(--chart-6)" },
      { label: "Output", values: minus(of("tokens_out"), reasoning), colour: "var(--chart-1)" },
      { label: "Reasoning", values: reasoning, colour: "var(--chart-5)" },
    ],
  };
}

const FIRST_FAILURE = 400;

function errorsSpec(times: number[], rows: Row[] | undefined): Spec {
  const statuses = [...groupBy(rows ?? [], "status")].sort(([one], [other]) => one.localeCompare(other));
  return {
    title: "Errors by status",
    format: count,
    kind: "bars",
    isStacked: true,
    series: statuses.map(([status, found]) => ({
      label: Number(status) < FIRST_FAILURE ? `${status}, broken off` : status,
      values: valuesOf(found, times, "errors", 0),
      status,
      filters: [is("success", false)],
    })),
  };
}

function latencySpecs(of: Of): Spec[] {
  const lines = (name: string) =>
    LATENCIES.map((share) => ({ label: `p${share}`, values: of(`${name}_p${share}`, null) }));
  return [
    {
      title: "Latency",
      about: "Until the whole answer was there",
      format: duration,
      kind: "line",
      series: lines("duration"),
    },
    {
      title: "Time to first byte",
      about: "Until the answer began, as streams show it",
      format: duration,
      kind: "line",
      series: lines("first_byte"),
    },
  ];
}

function cacheSpec(of: Of): Spec {
  return {
    title: "Cache hit rate",
    about: "Requests answered from this gateway's cache",
    format: percent,
    kind: "line",
    series: [
      {
        label: "Cache hit rate",
        values: of("cache_rate", null),
        colour: "var(--chart-3)",
        filters: [is("cached", true)],
      },
    ],
  };
}

function savedSpec(of: Of): Spec {
  return {
    title: "Tokens saved by the cache",
    about: "What a provider would have been asked for otherwise",
    format: count,
    kind: "bars",
    isStacked: true,
    series: [
      { label: "Input", values: of("tokens_in_from_cache"), colour: "var(--chart-2)", filters: [is("cached", true)] },
      { label: "Output", values: of("tokens_out_from_cache"), colour: "var(--chart-1)", filters: [is("cached", true)] },
    ],
  };
}
