/** When something that is made now stops to count: after a while, on a day, or never. */

export type ExpiryName = "never" | "1h" | "7d" | "30d" | "90d" | "365d" | "custom";

export interface Expiry {
  name: ExpiryName;
  /** Of `custom`: a day in the viewer's zone, such as 2026-11-23, whose end is meant. */
  day: string;
}

const HOUR_MS = 3_600_000;
const AFTER_MS: Partial<Record<ExpiryName, number>> = {
  "1h": HOUR_MS,
  "7d": 7 * 24 * HOUR_MS,
  "30d": 30 * 24 * HOUR_MS,
  "90d": 90 * 24 * HOUR_MS,
  "365d": 365 * 24 * HOUR_MS,
};

export const EXPIRIES: readonly (readonly [ExpiryName, string])[] = [
  ["never", "Never"],
  ["1h", "In an hour"],
  ["7d", "In 7 days"],
  ["30d", "In 30 days"],
  ["90d", "In 90 days"],
  ["365d", "In a year"],
  ["custom", "On a day…"],
];

/** To the second, as APIs write moments; null = never. Error where no day was chosen, or one that is over. */
export function momentOf(expiry: Expiry, now = Date.now()): string | null {
  if (expiry.name === "never") return null;
  const after = AFTER_MS[expiry.name];
  if (after !== undefined) return plain(now + after);
  const end = Date.parse(`${expiry.day}T23:59:59`);
  if (Number.isNaN(end)) throw new Error("Choose the day on which it expires.");
  if (end <= now) throw new Error("That day is over: choose a later one.");
  return plain(end);
}

const plain = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
