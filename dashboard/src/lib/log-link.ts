/** The address of the logs behind a figure. Analytics and Logs write and read the same parameters. */

import type { Span } from "@/lib/time-range";

export interface LogFilter {
  key: string;
  operator: "eq" | "neq" | "contains" | "lt" | "gt";
  value: (string | number | boolean | null)[];
}

export interface Behind {
  /** A preset goes as its name, so that the list moves with the clock too. */
  span?: Pick<Span, "name" | "since" | "until">;
  filters?: LogFilter[];
  /** Such as `404` or `4xx`. */
  status?: string;
}

export function logParams({ span, filters = [], status }: Behind): URLSearchParams {
  const params = new URLSearchParams();
  if (span) params.set("range", span.name);
  if (span?.name === "custom") {
    params.set("from", span.since);
    params.set("to", span.until);
  }
  if (filters.length > 0) params.set("filters", JSON.stringify(filters));
  if (status) params.set("status", status);
  return params;
}

export const logsHref = (gateway: string, behind: Behind = {}): string =>
  hrefWith(`/gateways/${encodeURIComponent(gateway)}/logs`, logParams(behind));

export const hrefWith = (path: string, params: URLSearchParams): string =>
  params.size > 0 ? `${path}?${params}` : path;

/** From the URL; what is no list of filters is none. */
export function readFilters(text: string | null): LogFilter[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter(isFilter) : [];
  } catch {
    return [];
  }
}

const OPERATORS = ["eq", "neq", "contains", "lt", "gt"];

function isFilter(given: unknown): given is LogFilter {
  if (typeof given !== "object" || given === null) return false;
  const { key, operator, value } = given as Partial<LogFilter>;
  return typeof key === "string" && OPERATORS.includes(operator ?? "") && Array.isArray(value) && value.length > 0;
}
