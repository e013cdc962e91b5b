/** Which logs, in which order: read from the URL, written to it, and asked of the server. */

import { readFilters } from "@/lib/log-link";
import { PRESETS } from "@/lib/time-range";
import type { Which } from "@/pages/logs/api";
import { type Filter, isOwn, keyOf, OWN, type OwnKey } from "@/pages/logs/filters/keys";

export const ORDERS = [
  ["created_at", "Time"],
  ["duration", "Duration"],
  ["cost", "Cost"],
  ["tokens_in", "Tokens in"],
  ["tokens_out", "Tokens out"],
  ["provider", "Provider"],
  ["model", "Model"],
  ["success", "Success"],
  ["cached", "Cached"],
  ["feedback", "Feedback"],
] as const;
export type Order = (typeof ORDERS)[number][0];
export type Direction = "asc" | "desc";

export interface Selection {
  filters: Filter[];
  /** Text within the metadata. */
  search: string;
  own: Partial<Record<OwnKey, string>>;
  order: Order;
  direction: Direction;
  /** `all`, a preset's name, or `custom`. */
  range: string;
  from: string | null;
  to: string | null;
}

export const ANY_TIME = "all";
const MOST_FILTERS = 50;

export function readSelection(params: URLSearchParams): Selection {
  const own: Selection["own"] = {};
  for (const key of OWN) {
    const value = params.get(key);
    if (value && isGood(key, value)) own[key] = value;
  }
  const [order, direction] = readOrder(params.get("order"));
  return {
    // Of what somebody's URL says, what is no filter of logs is left out.
    filters: readFilters(params.get("filters")).filter(isKnown).slice(0, MOST_FILTERS),
    search: params.get("search") ?? "",
    own,
    order,
    direction,
    ...readRange(params),
  };
}

function isGood(key: OwnKey, value: string): boolean {
  if (key === "status") return /^[1-5](xx|\d\d)$/i.test(value);
  return key !== "streamed" || value === "true" || value === "false";
}

/** `cost`, or `-cost` for the least first. */
function readOrder(text: string | null): [Order, Direction] {
  const name = text?.replace(/^-/, "");
  const found = ORDERS.find(([order]) => order === name);
  return found ? [found[0], text?.startsWith("-") ? "asc" : "desc"] : ["created_at", "desc"];
}

function readRange(params: URLSearchParams): Pick<Selection, "range" | "from" | "to"> {
  const [from, to] = [moment(params.get("from")), moment(params.get("to"))];
  const range = params.get("range") ?? (from || to ? "custom" : ANY_TIME);
  if (range === "custom" && (from || to)) return { range, from, to };
  return { range: PRESETS.some((one) => one.name === range) ? range : ANY_TIME, from: null, to: null };
}

function moment(text: string | null): string | null {
  const ms = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

const isKnown = ({ key, value }: Filter) => keyOf(key).label !== key && !isOwn(key) && value.every(isValue);
const isValue = (value: unknown) => value === null || ["string", "number", "boolean"].includes(typeof value);

/** For `useUrlChange`; null takes a parameter out of the URL. */
export function writeSelection(selection: Selection): Record<string, string | null> {
  const { filters, search, own, order, direction, range, from, to } = selection;
  const isFirst = order === "created_at" && direction === "desc";
  return {
    filters: filters.length ? JSON.stringify(filters) : null,
    search: search || null,
    ...Object.fromEntries(OWN.map((key) => [key, own[key] ?? null])),
    order: isFirst ? null : `${direction === "asc" ? "-" : ""}${order}`,
    range: range === ANY_TIME ? null : range,
    from: range === "custom" ? from : null,
    to: range === "custom" ? to : null,
  };
}

/** All conditions, those with parameters of their own among them. */
export function conditionsOf(selection: Selection): Filter[] {
  const own = OWN.flatMap((key): Filter[] => {
    const value = selection.own[key];
    if (value === undefined) return [];
    return [
      { key, operator: key === "error" ? "contains" : "eq", value: [key === "streamed" ? value === "true" : value] },
    ];
  });
  return [...own, ...selection.filters];
}

export function withConditions(selection: Selection, conditions: Filter[]): Selection {
  const own: Selection["own"] = {};
  for (const one of conditions) if (isOwn(one.key)) own[one.key] = String(one.value[0]);
  return { ...selection, own, filters: conditions.filter((one) => !isOwn(one.key)) };
}

export const isNarrowed = (selection: Selection): boolean =>
  selection.filters.length > 0 ||
  selection.search !== "" ||
  Object.keys(selection.own).length > 0 ||
  selection.range !== ANY_TIME;

export const widened = (selection: Selection): Selection => ({
  ...selection,
  filters: [],
  search: "",
  own: {},
  range: ANY_TIME,
  from: null,
  to: null,
});

/** Without the order: which logs, for lists, exports and deletion alike. */
export function selectionQuery(selection: Selection, now: number): Which {
  const preset = PRESETS.find((one) => one.name === selection.range);
  return {
    filters: selection.filters.length ? JSON.stringify(selection.filters) : undefined,
    search: selection.search || undefined,
    ...selection.own,
    streamed: selection.own.streamed === undefined ? undefined : selection.own.streamed === "true",
    start_date: preset ? new Date(now - preset.ms).toISOString() : (selection.from ?? undefined),
    end_date: selection.to ?? undefined,
  };
}
