import { expect, test } from "vitest";
import { logsHref, readFilters } from "@/lib/log-link";

test("a preset goes as its name, other spans as two moments", () => {
  const moments = { since: "2026-01-01T00:00:00.000Z", until: "2026-01-01T01:00:00.000Z" };
  expect(logsHref("a b", { span: { name: "7d", ...moments } })).toBe("/gateways/a%20b/logs?range=7d");
  const href = new URL(logsHref("a", { span: { name: "custom", ...moments }, status: "4xx" }), "http://x");
  expect(Object.fromEntries(href.searchParams)).toEqual({
    range: "custom",
    from: moments.since,
    to: moments.until,
    status: "4xx",
  });
  expect(logsHref("a")).toBe("/gateways/a/logs");
});

test("filters come back as they went", () => {
  const filters = [{ key: "model", operator: "eq" as const, value: ["a&b=c", ""] }];
  const href = new URL(logsHref("a", { filters }), "http://x");
  expect(readFilters(href.searchParams.get("filters"))).toEqual(filters);
});

test("what is no list of filters is none", () => {
  expect(readFilters(null)).toEqual([]);
  expect(readFilters("{")).toEqual([]);
  expect(readFilters('{"key":"model"}')).toEqual([]);
  expect(
    readFilters('[1, {"key":"model","operator":"like","value":["x"]}, {"key":"a","operator":"eq","value":[]}]'),
  ).toEqual([]);
});
