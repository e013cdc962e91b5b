/** Which entries of the audit log are wanted, as the URL has it. */

import { useSearchParams } from "react-router";
import { PRESETS } from "@/lib/time-range";

export const FILTERS = ["actor", "action", "type", "id", "interface", "range", "from", "to"] as const;
export type Filter = (typeof FILTERS)[number];

export type Filters = Record<Filter, string>;

export function useFilters(): Filters {
  const [params] = useSearchParams();
  return Object.fromEntries(FILTERS.map((name) => [name, params.get(name) ?? ""])) as Filters;
}

export const isAny = (filters: Filters): boolean => FILTERS.some((name) => filters[name] !== "");

/** As the API asks; what is empty is left out. Days are whole ones of the viewer's. */
export function queryOf(filters: Filters, now: number) {
  const { since, before } = spanOf(filters, now);
  return {
    ...(filters.actor && { "actor.id": filters.actor }),
    ...(filters.action && { "action.type": filters.action }),
    ...(filters.type && { "resource.type": filters.type }),
    ...(filters.id && { "resource.id": filters.id }),
    ...(filters.interface && { interface: filters.interface }),
    ...(since && { since }),
    ...(before && { before }),
  };
}

const MINUTE_MS = 60_000;

function spanOf({ range, from, to }: Filters, now: number): { since?: string; before?: string } {
  if (range === "custom") {
    const since = Date.parse(`${from}T00:00:00`);
    const last = new Date(`${to}T00:00:00`);
    // The next midnight: not 24 hours on, where the clocks change.
    const before = last.setDate(last.getDate() + 1);
    return {
      ...(!Number.isNaN(since) && { since: new Date(since).toISOString() }),
      ...(!Number.isNaN(before) && { before: new Date(before).toISOString() }),
    };
  }
  const preset = PRESETS.find((one) => one.name === range);
  // To the minute: a question that changes with each look is asked anew with each look.
  return preset ? { since: new Date(Math.floor((now - preset.ms) / MINUTE_MS) * MINUTE_MS).toISOString() } : {};
}
