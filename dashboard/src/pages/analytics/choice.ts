/** What is asked for, as it stands in the URL: a break-down, and the filters that the page of logs reads too. */

import type { Dimension, Filter } from "@/api/analytics";
import { type Behind, type LogFilter, readFilters } from "@/lib/log-link";

export interface Choice {
  /** `""` = no break-down. */
  by: "" | "model" | "provider" | "status" | "metadata";
  /** The key of the metadata that is broken down by. */
  key: string;
  filters: LogFilter[];
  /** Such as `404` or `4xx`; empty = any. */
  status: string;
}

export interface Asked {
  dimension: Dimension | null;
  filters: Filter[];
  /** Metadata are summed apart from the rest, with fewer figures. */
  isMetadata: boolean;
  /** What the sums do not tell apart: it does not narrow the figures. */
  ignored: string[];
}

/** What the server counts values of metadata under that were too many at once. */
export const TOO_MANY = "…";
const SHARED = new Set(["model", "provider", "cached"]);
const METADATA = ["metadata.key", "metadata.value"];
const BREAKS = ["model", "provider", "status"] as const;

export function readChoice(params: URLSearchParams): Choice {
  const [name = "", ...rest] = (params.get("by") ?? "").split(":");
  const key = rest.join(":");
  const by = name === "metadata" && key ? name : (BREAKS.find((one) => one === name) ?? "");
  const status = params.get("status") ?? "";
  return {
    by,
    key: by === "metadata" ? key : "",
    filters: readFilters(params.get("filters")),
    status: /^[1-9](\d\d|xx)$/i.test(status) ? status.toLowerCase() : "",
  };
}

export function askedOf(choice: Choice): Asked {
  const ofMetadata = choice.filters.filter((one) => METADATA.includes(one.key));
  if (choice.by === "metadata" || ofMetadata.length > 0) return askedOfMetadata(choice, ofMetadata);
  const filters: Filter[] = [];
  const ignored: string[] = [];
  for (const one of choice.filters) {
    const found = one.key === "success" ? asError(one) : SHARED.has(one.key) ? asShared(one) : null;
    if (found) filters.push(found);
    else ignored.push(one.key);
  }
  if (choice.status) {
    filters.push({ key: isClass(choice.status) ? "status_class" : "status", operator: "eq", value: [choice.status] });
  }
  return { dimension: choice.by === "" ? null : (choice.by as Dimension), filters, isMetadata: false, ignored };
}

function askedOfMetadata(choice: Choice, given: LogFilter[]): Asked {
  const ignored = choice.filters.filter((one) => !METADATA.includes(one.key)).map((one) => one.key);
  if (choice.status) ignored.push("status");
  if (choice.by !== "" && choice.by !== "metadata") ignored.push(`the break-down by ${choice.by}`);
  if (choice.by !== "metadata") {
    return { dimension: null, filters: given.flatMap((one) => asShared(one) ?? []), isMetadata: true, ignored };
  }
  const filters: Filter[] = [{ key: "metadata.key", operator: "eq", value: [choice.key] }];
  const isSame = given.some((one) => one.key === "metadata.key" && one.value.includes(choice.key));
  for (const one of given) {
    const shared = asShared(one);
    // An entry has one key: with a value of another key nothing would be left.
    if (isSame && shared && one.key === "metadata.value") filters.push(shared);
    else if (!isSame) ignored.push(one.key);
  }
  return { dimension: "metadata.value", filters, isMetadata: true, ignored: [...new Set(ignored)] };
}

function asShared(one: LogFilter): Filter | null {
  if (one.operator === "lt" || one.operator === "gt") return null;
  const value = one.value.filter((each) => each !== null);
  return value.length > 0 ? { key: one.key as Filter["key"], operator: one.operator, value } : null;
}

/** An answer is an error where it is no success. */
function asError(one: LogFilter): Filter | null {
  const wanted = one.value[0];
  if (one.operator !== "eq" || one.value.length !== 1 || typeof wanted !== "boolean") return null;
  return { key: "error", operator: "eq", value: [!wanted] };
}

const isClass = (status: string) => status.endsWith("xx");

/** What narrows the page's own filters to one value of the break-down, for its logs. */
export function behindValue(choice: Choice, value: string): Pick<Behind, "filters" | "status"> {
  if (choice.by === "status") return { filters: choice.filters, status: value };
  if (choice.by === "metadata") {
    const wanted = value === TOO_MANY ? null : value;
    return { ...kept(choice), filters: withMetadata(choice.filters, choice.key, wanted) };
  }
  return choice.by === ""
    ? kept(choice)
    : { ...kept(choice), filters: narrowed(choice.filters, choice.by, "eq", [value]) };
}

/** The same for all values but these. Statuses can only be asked for one at a time. */
export function behindOthers(choice: Choice, values: string[]): Pick<Behind, "filters" | "status"> {
  if (choice.by !== "model" && choice.by !== "provider") return kept(choice);
  return { ...kept(choice), filters: narrowed(choice.filters, choice.by, "neq", values) };
}

const kept = (choice: Choice): Pick<Behind, "filters" | "status"> => ({
  filters: choice.filters,
  status: choice.status || undefined,
});

/** One `eq` of a key is enough. */
export function narrowed(
  filters: LogFilter[],
  key: string,
  operator: "eq" | "neq",
  value: LogFilter["value"],
): LogFilter[] {
  const rest = operator === "eq" ? filters.filter((one) => one.key !== key || one.operator !== "eq") : filters;
  return [...rest, { key, operator, value }];
}

/** A key and the value after it are of one entry. */
export function withMetadata(filters: LogFilter[], key: string, value: string | null): LogFilter[] {
  const rest = filters.filter((one) => !METADATA.includes(one.key));
  if (!key) return rest;
  const entry: LogFilter[] = [{ key: "metadata.key", operator: "eq", value: [key] }];
  if (value !== null) entry.push({ key: "metadata.value", operator: "eq", value: [value] });
  return [...rest, ...entry];
}

/** The one value that a choice of one shows, or null where the filters say something else. */
export function simpleValue(filters: LogFilter[], key: string): string | null {
  const found = filters.filter((one) => one.key === key);
  const [only] = found;
  return found.length === 1 && only?.operator === "eq" && only.value.length === 1 ? String(only.value[0]) : null;
}
