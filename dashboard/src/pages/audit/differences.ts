/** What a change changed: the fields of a resource before and after it, nested ones by their path. */

export type Kind = "added" | "removed" | "changed" | "same";

export interface Difference {
  /** Such as `retry.max_attempts`. */
  path: string;
  kind: Kind;
  before?: unknown;
  after?: unknown;
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** In the order of the fields; of a resource that came or went, all that says something. */
export function differencesOf(before: Fields | null, after: Fields | null): Difference[] {
  return compare(before ?? {}, after ?? {}, "");
}

function compare(before: Fields, after: Fields, at: string): Difference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const path = at ? `${at}.${name}` : name;
    const [old, now] = [before[name], after[name]];
    // A whole that came or went is told by its parts.
    if ((isFields(old) || isEmpty(old)) && (isFields(now) || isEmpty(now)) && (isFields(old) || isFields(now))) {
      const parts = compare(isFields(old) ? old : {}, isFields(now) ? now : {}, path);
      if (parts.length || isSame(old, now)) return parts;
    }
    return one(path, old, now);
  });
}

function one(path: string, before: unknown, after: unknown): Difference[] {
  if (isEmpty(before) && isEmpty(after)) return [];
  if (isEmpty(before)) return [{ path, kind: "added", after }];
  if (isEmpty(after)) return [{ path, kind: "removed", before }];
  return [{ path, kind: isSame(before, after) ? "same" : "changed", before, after }];
}

/** Null and what is not there are told alike: both are nothing. */
const isEmpty = (value: unknown): boolean => value === undefined || value === null;

function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, place) => isSame(item, other[place]));
  }
  if (!isFields(one) || !isFields(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => name in other && isSame(one[name], other[name]))
  );
}

/** In one line where it is short. */
export function written(value: unknown): string {
  if (typeof value === "string") return value === "" ? "(empty)" : value;
  if (typeof value !== "object") return String(value);
  const short = JSON.stringify(value);
  return short.length <= 60 ? short : JSON.stringify(value, null, 2);
}
