/** How a key of the router stands: whether it works, and what is left of its limit. */

import { usd } from "@/lib/format";
import type { Reset, RouterKey } from "@/pages/keys/api";
import type { Tone } from "@/ui/badge";

type Dated = Pick<RouterKey, "disabled" | "expires_at">;
type Limited = Pick<RouterKey, "limit" | "limit_remaining" | "limit_reset">;

export interface Standing {
  word: "active" | "disabled" | "expired" | "used up";
  tone: Tone;
}

export const RESETS: readonly (readonly [Reset | "never", string])[] = [
  ["never", "Never: it is for good"],
  ["daily", "Each day, at midnight UTC"],
  ["weekly", "Each week, on Monday at midnight UTC"],
  ["monthly", "Each month, on the 1st at midnight UTC"],
];

export function standingOf(key: Dated & Limited, now = Date.now()): Standing {
  if (key.disabled) return { word: "disabled", tone: "plain" };
  if (key.expires_at && Date.parse(key.expires_at) <= now) return { word: "expired", tone: "bad" };
  if (key.limit_remaining !== null && key.limit_remaining <= 0) return { word: "used up", tone: "bad" };
  return { word: "active", tone: "good" };
}

/** Null where it has no limit. A limit of nothing is used up whole. */
export function shareUsed(key: Limited): number | null {
  if (key.limit === null || key.limit_remaining === null) return null;
  return key.limit > 0 ? Math.max(0, 1 - key.limit_remaining / key.limit) : 1;
}

const PERIODS: Record<Reset, string> = { daily: "a day", weekly: "a week", monthly: "a month" };

export function limitWords(key: Limited): string {
  if (key.limit === null) return "no limit";
  const left = usd(Math.max(0, key.limit_remaining ?? key.limit));
  const period = key.limit_reset ? ` ${PERIODS[key.limit_reset]}` : "";
  return `${left} left of ${usd(key.limit)}${period}`;
}

/** When a limit begins anew: UTC days, weeks from Monday, months. Null = never. */
export function resetsAt(reset: Reset | null, now: number): string | null {
  if (reset === null) return null;
  const today = new Date(now);
  const [year, month, day] = [today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate()];
  if (reset === "monthly") return new Date(Date.UTC(year, month + 1, 1)).toISOString();
  const days = reset === "daily" ? 1 : 7 - ((today.getUTCDay() + 6) % 7);
  return new Date(Date.UTC(year, month, day + days)).toISOString();
}
