/** Numbers as people type them. */

export type TimeUnit = "seconds" | "minutes" | "hours" | "days";

export const SECONDS: Record<TimeUnit, number> = { seconds: 1, minutes: 60, hours: 3_600, days: 86_400 };

/** Null where nothing stands, NaN where it is no number. Groups may be set apart: 1,000 or 1 000. */
export function readNumber(text: string): number | null {
  const plain = text.trim().replace(/(?<=\d)[,_'\u00a0\u202f ](?=\d{3}(?:\D|$))/g, "");
  if (plain === "") return null;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : Number.NaN;
}

/** In the largest unit that needs no fraction. */
export function fromSeconds(seconds: number | null): { amount: number | null; unit: TimeUnit } {
  if (!seconds || !Number.isInteger(seconds)) return { amount: seconds, unit: "seconds" };
  const units: TimeUnit[] = ["days", "hours", "minutes"];
  const unit = units.find((one) => seconds % SECONDS[one] === 0) ?? "seconds";
  return { amount: seconds / SECONDS[unit], unit };
}

export function toSeconds(amount: number | null, unit: TimeUnit): number | null {
  // 1.1 hours are 3960 seconds, and not 3960.0000000000005.
  return amount === null ? null : Math.round(amount * SECONDS[unit] * 1e6) / 1e6;
}
