import { expect, test } from "vitest";
import { changeOf, groupBy, minus, valuesOf } from "@/lib/series";

const row = (time: string | null, metrics: Record<string, number | null>, model = "a") => ({
  time,
  metrics,
  dimensions: { model },
});

test("a step without a row is nothing counted, or a rate that is not known", () => {
  const rows = [row("1970-01-01T00:01:00.000Z", { requests: 4, duration_p95: null })];
  expect(valuesOf(rows, [0, 60, 120], "requests", 0)).toEqual([0, 4, 0]);
  expect(valuesOf(rows, [0, 60, 120], "duration_p95", null)).toEqual([null, null, null]);
});

test("rows out of the span, and those without a time, are left out", () => {
  const rows = [row("1970-01-01T01:00:00Z", { requests: 4 }), row(null, { requests: 9 })];
  expect(valuesOf(rows, [0, 60], "requests", 0)).toEqual([0, 0]);
  expect(valuesOf(undefined, [0, 60], "requests", 0)).toEqual([0, 0]);
});

test("rows are grouped in the order of their first", () => {
  const rows = [row(null, { requests: 1 }, "b"), row(null, { requests: 2 }, "a"), row(null, { requests: 3 }, "b")];
  const groups = groupBy(rows, "model");
  expect([...groups.keys()]).toEqual(["b", "a"]);
  expect(groups.get("b")?.map((one) => one.metrics.requests)).toEqual([1, 3]);
});

test("what is left is never below nothing", () => {
  expect(minus([5, 3, null], [1, 2, 3], [1, 2, 3])).toEqual([3, 0, null]);
});

test("a change needs something before", () => {
  expect(changeOf(15, 10)).toBe(0.5);
  expect(changeOf(15, 0)).toBeNull();
  expect(changeOf(null, 10)).toBeNull();
  expect(changeOf(5, null)).toBeNull();
});
