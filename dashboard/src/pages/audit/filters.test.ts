import { expect, test } from "vitest";
import { FILTERS, type Filters, isAny, queryOf } from "@/pages/audit/filters";

const NOW = Date.parse("2026-11-23T15:00:30Z");
const NONE = Object.fromEntries(FILTERS.map((name) => [name, ""])) as Filters;

test("what is not asked for is left out", () => {
  expect(queryOf(NONE, NOW)).toEqual({});
  expect(isAny(NONE)).toBe(false);
});

test("each filter has the API's name", () => {
  const given = { ...NONE, actor: "ada", action: "update", type: "token", id: "x", interface: "UI" };
  expect(isAny(given)).toBe(true);
  expect(queryOf(given, NOW)).toEqual({
    "actor.id": "ada",
    "action.type": "update",
    "resource.type": "token",
    "resource.id": "x",
    interface: "UI",
  });
});

test("a preset begins on a whole minute, and an unknown one nowhere", () => {
  expect(queryOf({ ...NONE, range: "1h" }, NOW)).toEqual({ since: "2026-11-23T14:00:00.000Z" });
  expect(queryOf({ ...NONE, range: "7y" }, NOW)).toEqual({});
});

test("chosen days are whole, by the viewer's clock", () => {
  const { since, before } = queryOf({ ...NONE, range: "custom", from: "2026-11-20", to: "2026-11-20" }, NOW);
  expect(new Date(since ?? "").toString()).toContain("Nov 20 2026 00:00:00");
  expect(new Date(before ?? "").toString()).toContain("Nov 21 2026 00:00:00");
  expect(queryOf({ ...NONE, range: "custom", from: "2026-11-20" }, NOW)).not.toHaveProperty("before");
});
