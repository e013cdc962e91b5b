/** How a gateway's limits and its spend stand, and what that means in words. */

import type { Schemas } from "@/api/client";
import { ago, count, duration, moment, usd } from "@/lib/format";

export type Limit = Schemas["LimitState"];
export type LimitValue = Schemas["LimitValue"];
export type SpendRule = Schemas["SpendRule"];

export type Spend = Schemas["Spend"];
export type SpendForecast = Schemas["Forecast"];
export type LimitForecast = Schemas["SpendLimitState"];

const KEY = "key ";
const METADATA = "metadata.";
const NOUNS: Record<string, string> = { token: "API token", provider: "provider", model: "model" };

export const amountOf = (kind: Limit["kind"], value: number): string => (kind === "spend" ? usd(value) : count(value));

/** Such as `100 requests in 1 min`. */
export function titleOf(limit: Limit): string {
  const unit = limit.kind === "spend" ? "" : limit.limit === 1 ? " request" : " requests";
  return `${amountOf(limit.kind, limit.limit)}${unit} in ${duration(limit.window * 1000)}`;
}

/** What the limit is for: the whole gateway, each of something, or one stored key. */
export function ofWhat(limit: Limit): string {
  if (limit.id.startsWith(KEY)) return `with the stored key ${limit.id.slice(KEY.length)}`;
  if (limit.by.length === 0) return "for the whole gateway";
  return `for each ${limit.by.map(nounOf).join(" and ")}`;
}

/** Which requests alone count against a spend limit; empty where all do. */
export function onlyOf(rule: SpendRule | undefined): string {
  const scopes = { model: rule?.model, provider: rule?.provider, ...rule?.metadata };
  return Object.entries(scopes)
    .filter(([, scope]) => scope?.mode === "filter" && scope.values?.length)
    .map(([what, scope]) => `${what} ${(scope?.values ?? []).join(" or ")}`)
    .join(", ");
}

export const nounOf = (by: string): string =>
  by.startsWith(METADATA) ? `value of ${by.slice(METADATA.length)}` : (NOUNS[by] ?? by);

export type Standing = "good" | "warn" | "bad";

const NEAR = 0.8;

/** Of 1; what is held counts too, as it may be spent. */
export const shareOf = (one: { used: number; held: number }, limit: number): number =>
  limit > 0 ? Math.min(1, (one.used + one.held) / limit) : 0;

export function standingOf(one: { used: number; held: number; remaining: number }, limit: number): Standing {
  if (one.remaining <= 0) return "bad";
  return shareOf(one, limit) >= NEAR ? "warn" : "good";
}

export const STANDINGS: Record<Standing, string> = { good: "Room left", warn: "Nearly reached", bad: "Reached" };

/** When there is more room again. */
export function easesOf(
  one: { eases_at: string | null; used: number },
  technique: Limit["technique"],
  now: number,
): string {
  if (!one.eases_at) return "";
  const when = ago(one.eases_at, now);
  return technique === "fixed" ? `starts anew ${when}` : `eases ${when}`;
}

/** When a spend limit is reached if it goes on like this. */
export function runsOutOf(forecast: LimitForecast | undefined): string | null {
  if (!forecast) return null;
  if (forecast.remaining <= 0) return null;
  return forecast.runs_out_at
    ? `At this pace it runs out ${ago(forecast.runs_out_at)}, on ${moment(forecast.runs_out_at, "minute")}`
    : "At this pace it does not run out";
}

/** Beginnings of days in seconds, and their costs, for a chart. */
export function daysOf(spend: Spend): { times: number[]; costs: number[] } {
  return {
    times: spend.per_day.map(({ day }) => Date.parse(`${day}T00:00:00Z`) / 1000),
    costs: spend.per_day.map(({ cost }) => cost),
  };
}
