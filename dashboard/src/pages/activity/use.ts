/** What was used through the router, by day: the answer of its analytics, put together. */

import { useQuery } from "@tanstack/react-query";
import { send } from "@/api/http";
import { minus, type Values } from "@/lib/series";

const DAY_MS = 86_400_000;
const MOST_ROWS = 10_000;
export const SHOWN = 7;

/** A day's figures of one value, in the names of the API. */
export interface Used {
  request_count: number;
  total_usage: number;
  byok_usage: number;
  tokens_total: number;
  tokens_prompt: number;
  tokens_completion: number;
  reasoning_tokens: number;
  cached_tokens: number;
}

export type UsedRow = Used & { created_at__day: string } & Partial<Record<By, string>>;
export type By = "model" | "api_key_id" | "provider" | "user" | "workspace";
export type Measure = "spend" | "tokens" | "requests";

const METRICS: (keyof Used)[] = [
  "request_count",
  "total_usage",
  "byok_usage",
  "tokens_total",
  "tokens_prompt",
  "tokens_completion",
  "reasoning_tokens",
  "cached_tokens",
];

interface Answer {
  data: { data: UsedRow[]; metadata: { truncated: boolean } };
}

export interface Days {
  /** Beginnings of the days, in seconds. */
  times: number[];
  start: string;
  end: string;
}

/** So many days of UTC, the last of them today. */
export function daysOf(count: number, now: number): Days {
  const last = Math.floor(now / DAY_MS);
  const at = (day: number) => new Date(day * DAY_MS).toISOString();
  return {
    times: Array.from({ length: count }, (_, index) => ((last - count + 1 + index) * DAY_MS) / 1000),
    start: at(last - count + 1),
    end: at(last + 1),
  };
}

export function useUsed(days: Pick<Days, "start" | "end">, by: By | null, key: string) {
  const question = {
    metrics: METRICS,
    dimensions: by ? [by] : [],
    granularity: "day",
    time_range: { start: days.start, end: days.end },
    filters: key ? [{ field: "api_key_id", operator: "eq", value: key }] : [],
    limit: MOST_ROWS,
  };
  return useQuery({
    queryKey: ["router-analytics", question],
    queryFn: async () => (await send<Answer>("POST", "/api/v1/analytics/query", question)).data,
  });
}

export interface RouterKey {
  hash: string;
  name: string;
  label: string;
}

export const useRouterKeys = () =>
  useQuery({
    queryKey: ["router-keys"],
    queryFn: async () => (await send<{ data: RouterKey[] }>("GET", "/api/v1/keys?include_disabled=true")).data,
  });

export const NOTHING: Used = Object.fromEntries(METRICS.map((name) => [name, 0])) as unknown as Used;

export function sumOf(rows: Used[]): Used {
  const sum = { ...NOTHING };
  for (const row of rows) for (const name of METRICS) sum[name] += row[name];
  return sum;
}

/** Charged to the credits, and paid to providers with own keys. */
export const spendOf = (used: Used) => used.total_usage + used.byok_usage;

export const MEASURES: Record<Measure, (used: Used) => number> = {
  spend: spendOf,
  tokens: (used) => used.tokens_total,
  requests: (used) => used.request_count,
};

export interface Line {
  name: string;
  used: Used;
  rows: UsedRow[];
}

/** By the values of a dimension, the largest first. */
export function linesOf(rows: UsedRow[], by: By, measure: Measure): Line[] {
  const groups = new Map<string, UsedRow[]>();
  for (const row of rows) {
    const name = row[by] ?? "";
    const known = groups.get(name);
    if (known) known.push(row);
    else groups.set(name, [row]);
  }
  const of = MEASURES[measure];
  return [...groups]
    .map(([name, found]) => ({ name, rows: found, used: sumOf(found) }))
    .sort((one, other) => of(other.used) - of(one.used) || one.name.localeCompare(other.name));
}

export function byDay(rows: UsedRow[], times: number[], measure: Measure): Values {
  const at = new Map(times.map((time, index) => [time, index]));
  const values = times.map(() => 0);
  for (const row of rows) {
    const index = at.get(Date.parse(row.created_at__day) / 1000);
    if (index !== undefined) values[index] = (values[index] ?? 0) + MEASURES[measure](row);
  }
  return values;
}

/** The first values by day, and all others as one. */
export function layersOf(lines: Line[], times: number[], measure: Measure): { name: string | null; values: Values }[] {
  const first = lines.slice(0, SHOWN).map(({ name, rows }) => ({ name, values: byDay(rows, times, measure) }));
  if (lines.length <= SHOWN) return first;
  const all = byDay(
    lines.flatMap((line) => line.rows),
    times,
    measure,
  );
  return [...first, { name: null, values: minus(all, ...first.map((one) => one.values)) }];
}
