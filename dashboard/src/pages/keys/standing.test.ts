import { expect, test } from "vitest";
import { limitWords, resetsAt, shareUsed, standingOf } from "@/pages/keys/standing";

const NOW = Date.parse("2026-11-23T15:00:00Z");
const key = { disabled: false, expires_at: null, limit: null, limit_remaining: null, limit_reset: null };

test.each([
  [{}, "active"],
  [{ disabled: true, expires_at: "2026-01-01T00:00:00Z" }, "disabled"],
  [{ expires_at: "2026-11-23T15:00:00Z" }, "expired"],
  [{ expires_at: "2026-11-23T15:00:01Z" }, "active"],
  [{ limit: 5, limit_remaining: 0 }, "used up"],
  [{ limit: 5, limit_remaining: -0.2 }, "used up"],
])("%o is %s", (changes, word) => {
  expect(standingOf({ ...key, ...changes }, NOW).word).toBe(word);
});

test("a limit of nothing is used up, and more than all is more than one", () => {
  expect(shareUsed(key)).toBeNull();
  expect(shareUsed({ ...key, limit: 0, limit_remaining: 0 })).toBe(1);
  expect(shareUsed({ ...key, limit: 4, limit_remaining: 1 })).toBe(0.75);
  expect(shareUsed({ ...key, limit: 4, limit_remaining: -4 })).toBe(2);
});

test("a limit is told with what is left of it, never less than nothing", () => {
  expect(limitWords(key)).toBe("no limit");
  expect(limitWords({ ...key, limit: 5, limit_remaining: 1.25 })).toBe("$1.25 left of $5.00");
  expect(limitWords({ ...key, limit: 5, limit_remaining: -1, limit_reset: "monthly" as const })).toBe(
    "$0 left of $5.00 a month",
  );
});

test.each([
  ["daily", "2026-11-24T00:00:00.000Z"],
  ["weekly", "2026-11-30T00:00:00.000Z"],
  ["monthly", "2026-12-01T00:00:00.000Z"],
] as const)("%s begins anew at %s", (reset, at) => {
  expect(resetsAt(reset, NOW)).toBe(at);
});

test("a week ends on the night from Sunday to Monday, a year with December", () => {
  expect(resetsAt("weekly", Date.parse("2026-11-29T23:59:59Z"))).toBe("2026-11-30T00:00:00.000Z");
  expect(resetsAt("weekly", Date.parse("2026-11-30T00:00:00Z"))).toBe("2026-12-07T00:00:00.000Z");
  expect(resetsAt("monthly", Date.parse("2026-12-31T23:59:59Z"))).toBe("2027-01-01T00:00:00.000Z");
  expect(resetsAt(null, NOW)).toBeNull();
});
