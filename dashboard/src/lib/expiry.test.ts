import { expect, test } from "vitest";
import { momentOf } from "@/lib/expiry";

const NOW = Date.parse("2026-11-23T15:00:00.123Z");

test("never is null, and a while is counted from now", () => {
  expect(momentOf({ name: "never", day: "" }, NOW)).toBeNull();
  expect(momentOf({ name: "30d", day: "" }, NOW)).toBe("2026-12-23T15:00:00Z");
});

test("a day counts to its end, by the viewer's clock", () => {
  const found = momentOf({ name: "custom", day: "2026-12-01" }, NOW);
  expect(new Date(found ?? "").toString()).toContain("Dec 01 2026 23:59:59");
});

test("no day, and one that is over, are refused", () => {
  expect(() => momentOf({ name: "custom", day: "" }, NOW)).toThrow("Choose the day");
  expect(() => momentOf({ name: "custom", day: "2026-11-20" }, NOW)).toThrow("is over");
});
