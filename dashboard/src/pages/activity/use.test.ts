import { expect, test } from "vitest";
import { byDay, daysOf, layersOf, linesOf, NOTHING, sumOf, type UsedRow } from "@/pages/activity/use";

const DAY_S = 86_400;
const row = (day: number, model: string, given: Partial<UsedRow>): UsedRow => ({
  ...NOTHING,
  created_at__day: new Date(day * DAY_S * 1000).toISOString(),
  model,
  ...given,
});

test("days are whole ones of UTC, today the last", () => {
  const days = daysOf(7, Date.parse("2026-03-08T23:59:00Z"));
  expect(days.start).toBe("2026-03-02T00:00:00.000Z");
  expect(days.end).toBe("2026-03-09T00:00:00.000Z");
  expect(days.times).toHaveLength(7);
  expect(days.times[6]).toBe(Date.parse("2026-03-08T00:00:00Z") / 1000);
});

test("spend is what the credits and what own keys paid", () => {
  const rows = [row(0, "a", { total_usage: 1, byok_usage: 0.5 }), row(0, "b", { total_usage: 2 })];
  expect(byDay(rows, [0, DAY_S], "spend")).toEqual([3.5, 0]);
  expect(sumOf(rows).total_usage).toBe(3);
});

test("lines go by what is measured", () => {
  const rows = [
    row(0, "a", { request_count: 1, tokens_total: 50 }),
    row(1, "b", { request_count: 9, tokens_total: 5 }),
  ];
  expect(linesOf(rows, "model", "requests").map((line) => line.name)).toEqual(["b", "a"]);
  expect(linesOf(rows, "model", "tokens").map((line) => line.name)).toEqual(["a", "b"]);
});

test("what is beyond the first stands together", () => {
  const rows = Array.from({ length: 9 }, (_, index) => row(0, `m${index}`, { request_count: 10 - index }));
  const layers = layersOf(linesOf(rows, "model", "requests"), [0], "requests");
  expect(layers).toHaveLength(8);
  expect(layers[7]).toEqual({ name: null, values: [3 + 2] });
});
