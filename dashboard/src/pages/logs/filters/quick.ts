/** Filters of one click. */

import type { Filter } from "@/pages/logs/filters/keys";

export const QUICK: readonly (readonly [string, Filter])[] = [
  ["Errors", { key: "success", operator: "eq", value: [false] }],
  ["Cached", { key: "cached", operator: "eq", value: [true] }],
  ["Slow > 10 s", { key: "duration", operator: "gt", value: [10_000] }],
  ["Expensive > $0.10", { key: "cost", operator: "gt", value: [0.1] }],
  ["Streamed", { key: "streamed", operator: "eq", value: [true] }],
  ["Rated down", { key: "feedback", operator: "lt", value: [0] }],
];

export const isSame = (one: Filter, other: Filter): boolean =>
  one.key === other.key && one.operator === other.operator && JSON.stringify(one.value) === JSON.stringify(other.value);

/** With it, or without it where it was there. */
export function toggled(conditions: Filter[], filter: Filter): Filter[] {
  const others = conditions.filter((one) => !isSame(one, filter));
  return others.length < conditions.length ? others : added(conditions, [filter]);
}

/** Of those that take one value, and of yes and no, the last one counts. */
export function added(conditions: Filter[], more: Filter[]): Filter[] {
  const alone = new Set(["status", "error", "streamed", "credential", "success", "cached", "authentication"]);
  const gone = new Set(more.map((one) => one.key).filter((key) => alone.has(key)));
  return [
    ...conditions.filter((one) => !gone.has(one.key)),
    ...more.filter((one) => !conditions.some((old) => isSame(old, one))),
  ];
}
