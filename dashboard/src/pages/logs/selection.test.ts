import { expect, test } from "vitest";
import { toQuery } from "@/api/client";
import { added, QUICK, toggled } from "@/pages/logs/filters/quick";
import { inWords } from "@/pages/logs/filters/words";
import {
  conditionsOf,
  isNarrowed,
  readSelection,
  type Selection,
  selectionQuery,
  widened,
  withConditions,
  writeSelection,
} from "@/pages/logs/selection";

const read = (text: string) => readSelection(new URLSearchParams(text));

function written(selection: Selection): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(writeSelection(selection))) if (value !== null) params.set(name, value);
  return params.toString();
}

const NOW = Date.parse("2026-05-01T12:00:00Z");

test("an empty URL is all logs, the newest first", () => {
  const all = read("");
  expect(isNarrowed(all)).toBe(false);
  expect([all.order, all.direction, all.range]).toEqual(["created_at", "desc", "all"]);
  expect(written(all)).toBe("");
  expect(toQuery(selectionQuery(all, NOW))).toBe("");
});

test("what is chosen goes to the URL and comes back the same", () => {
  const chosen: Selection = {
    filters: [
      { key: "provider", operator: "eq", value: ["openai", "groq"] },
      { key: "cost", operator: "neq", value: [null] },
    ],
    search: "user-7 & more",
    own: { status: "4xx", streamed: "false", error: "time out" },
    order: "cost",
    direction: "asc",
    range: "custom",
    from: "2026-04-01T00:00:00.000Z",
    to: "2026-04-02T00:00:00.000Z",
  };
  expect(read(written(chosen))).toEqual(chosen);
  expect(read(written(widened(chosen)))).toEqual({ ...widened(chosen) });
});

test("what another page links to is understood", () => {
  const filters = JSON.stringify([{ key: "model", operator: "eq", value: ["gpt-4o"] }]);
  const linked = read(
    `filters=${encodeURIComponent(filters)}&from=2026-04-01T00:00:00Z&to=2026-04-01T01:00:00Z&status=5xx`,
  );
  expect(linked.range).toBe("custom");
  expect(selectionQuery(linked, NOW)).toEqual({
    filters: '[{"key":"model","operator":"eq","value":["gpt-4o"]}]',
    search: undefined,
    status: "5xx",
    streamed: undefined,
    start_date: "2026-04-01T00:00:00.000Z",
    end_date: "2026-04-01T01:00:00.000Z",
  });
});

test("a preset is so long before now, without an end", () => {
  expect(selectionQuery(read("range=24h"), NOW)).toMatchObject({
    start_date: "2026-04-30T12:00:00.000Z",
    end_date: undefined,
  });
});

test("what is nothing in a URL is left out", () => {
  for (const text of [
    "filters=x",
    "filters={}",
    'filters=[{"key":"nothing","operator":"eq","value":["x"]}]',
    'filters=[{"key":"model","operator":"like","value":["x"]}]',
    'filters=[{"key":"model","operator":"eq","value":[]}]',
    'filters=[{"key":"model","operator":"eq","value":[{}]}]',
    'filters=[{"key":"status","operator":"eq","value":["4xx"]}]',
    "status=9xx",
    "streamed=perhaps",
    "order=nothing",
    "range=century",
    "from=yesterday",
  ]) {
    expect(written(read(text))).toBe("");
  }
});

test("conditions with parameters of their own are among the others", () => {
  const filters = '[{"key":"cached","operator":"eq","value":[true]}]';
  const selection = read(`status=4xx&streamed=true&filters=${filters}`);
  const conditions = conditionsOf(selection);
  expect(conditions.map(inWords)).toEqual(["Status is 4xx", "Streamed", "From the cache"]);
  expect(withConditions(selection, conditions)).toEqual(selection);
  expect(withConditions(selection, []).own).toEqual({});
});

test("filters of one click go on and off", () => {
  const [, errors] = QUICK[0] ?? [];
  if (!errors) throw new Error("there is none");
  const on = toggled([], errors);
  expect(on).toEqual([errors]);
  expect(toggled(on, errors)).toEqual([]);
});

test("of what takes one value the last one counts, others stand together", () => {
  const status = (value: string) => ({ key: "status", operator: "eq" as const, value: [value] });
  const model = (value: string) => ({ key: "model", operator: "contains" as const, value: [value] });
  expect(added([status("4xx"), model("a")], [status("5xx")])).toEqual([model("a"), status("5xx")]);
  expect(added([model("a")], [model("b")])).toHaveLength(2);
  expect(added([model("a")], [model("a")])).toHaveLength(1);
});

test("filters in words", () => {
  const words = (
    key: string,
    operator: "eq" | "neq" | "gt" | "lt" | "contains",
    ...value: (string | number | boolean | null)[]
  ) => inWords({ key, operator, value });
  expect(words("duration", "gt", 10_000)).toBe("Duration more than 10.0 s");
  expect(words("cost", "eq", null)).toBe("Cost is unknown");
  expect(words("cost", "neq", null)).toBe("Cost is known");
  expect(words("success", "eq", false)).toBe("Not successful");
  expect(words("provider", "eq", "a", "b", "c", "d", "e")).toBe("Provider is a or b or c or 2 more");
  expect(words("user_agent", "eq", "")).toBe("User agent is nothing");
});
