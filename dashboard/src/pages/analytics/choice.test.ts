import { expect, test } from "vitest";
import type { LogFilter } from "@/lib/log-link";
import {
  askedOf,
  behindOthers,
  behindValue,
  type Choice,
  readChoice,
  simpleValue,
  withMetadata,
} from "@/pages/analytics/choice";

const choice = (given: Partial<Choice>): Choice => ({ by: "", key: "", filters: [], status: "", ...given });
const eq = (key: string, ...value: (string | boolean | number)[]): LogFilter => ({ key, operator: "eq", value });

test("the URL says what is asked for", () => {
  const params = new URLSearchParams({
    by: "metadata:a:b",
    status: "4XX",
    filters: JSON.stringify([eq("model", "x")]),
  });
  expect(readChoice(params)).toEqual({ by: "metadata", key: "a:b", filters: [eq("model", "x")], status: "4xx" });
});

test("what the URL says and is nothing is no wish", () => {
  expect(readChoice(new URLSearchParams({ by: "colour", status: "4xxx" }))).toEqual(choice({}));
  expect(readChoice(new URLSearchParams({ by: "metadata:" }))).toEqual(choice({}));
});

test("filters of logs narrow the sums where they can", () => {
  const filters: LogFilter[] = [eq("model", "x"), eq("success", false), { key: "tokens", operator: "gt", value: [5] }];
  expect(askedOf(choice({ by: "model", filters, status: "5xx" }))).toEqual({
    dimension: "model",
    filters: [
      eq("model", "x"),
      { key: "error", operator: "eq", value: [true] },
      { key: "status_class", operator: "eq", value: ["5xx"] },
    ],
    isMetadata: false,
    ignored: ["tokens"],
  });
});

test("metadata leave the other filters out, and say so", () => {
  const asked = askedOf(
    choice({ by: "model", filters: [eq("model", "x"), eq("metadata.key", "team")], status: "404" }),
  );
  expect(asked.dimension).toBeNull();
  expect(asked.filters).toEqual([eq("metadata.key", "team")]);
  expect(asked.ignored).toEqual(["model", "status", "the break-down by model"]);
});

test("a break-down by one key of the metadata takes no value of another", () => {
  const other = askedOf(
    choice({ by: "metadata", key: "user", filters: [eq("metadata.key", "team"), eq("metadata.value", "a")] }),
  );
  expect(other.filters).toEqual([eq("metadata.key", "user")]);
  expect(other.ignored).toEqual(["metadata.key", "metadata.value"]);
  const same = askedOf(
    choice({ by: "metadata", key: "user", filters: [eq("metadata.key", "user"), eq("metadata.value", "a")] }),
  );
  expect(same.filters).toEqual([eq("metadata.key", "user"), eq("metadata.value", "a")]);
  expect(same.ignored).toEqual([]);
});

test("the logs behind a value have its filter in place of another of its key", () => {
  const filters = [eq("model", "x", "y"), eq("cached", true)];
  expect(behindValue(choice({ by: "model", filters, status: "4xx" }), "y")).toEqual({
    filters: [eq("cached", true), eq("model", "y")],
    status: "4xx",
  });
  expect(behindValue(choice({ by: "status", filters, status: "4xx" }), "404")).toEqual({ filters, status: "404" });
  expect(behindValue(choice({ by: "metadata", key: "team" }), "a").filters).toEqual([
    eq("metadata.key", "team"),
    eq("metadata.value", "a"),
  ]);
});

test("values that were too many at once lead to all logs with their key", () => {
  expect(behindValue(choice({ by: "metadata", key: "user" }), "…").filters).toEqual([eq("metadata.key", "user")]);
});

test("the logs behind the others are those of no value shown", () => {
  expect(behindOthers(choice({ by: "provider", filters: [eq("provider", "a", "b")] }), ["a"]).filters).toEqual([
    eq("provider", "a", "b"),
    { key: "provider", operator: "neq", value: ["a"] },
  ]);
  expect(behindOthers(choice({ by: "status", status: "4xx" }), ["404"])).toEqual({ filters: [], status: "4xx" });
});

test("metadata are one entry, or none", () => {
  const set = withMetadata([eq("model", "x")], "team", "a");
  expect(withMetadata(set, "user", null)).toEqual([eq("model", "x"), eq("metadata.key", "user")]);
  expect(withMetadata(set, "", null)).toEqual([eq("model", "x")]);
});

test("a choice of one shows a single equal value alone", () => {
  expect(simpleValue([eq("cached", true)], "cached")).toBe("true");
  expect(simpleValue([eq("model", "x", "y")], "model")).toBeNull();
  expect(simpleValue([{ key: "model", operator: "contains", value: ["x"] }], "model")).toBeNull();
});
