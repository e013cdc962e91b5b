import { expect, test } from "vitest";
import { differencesOf, written } from "@/pages/audit/differences";

test("a change is told field by field, what stayed too", () => {
  expect(differencesOf({ name: "a", limit: 5, on: true }, { name: "b", limit: 5, on: true })).toEqual([
    { path: "name", kind: "changed", before: "a", after: "b" },
    { path: "limit", kind: "same", before: 5, after: 5 },
    { path: "on", kind: "same", before: true, after: true },
  ]);
});

test("what came was nothing before, and what went is nothing after", () => {
  expect(differencesOf({ a: null, b: 1 }, { a: 2, b: null })).toEqual([
    { path: "a", kind: "added", after: 2 },
    { path: "b", kind: "removed", before: 1 },
  ]);
});

test("nested fields are told by their path, wholes that came by their parts", () => {
  expect(differencesOf({ retry: { most: 1 } }, { retry: { most: 2 }, cache: { ttl: 60 } })).toEqual([
    { path: "retry.most", kind: "changed", before: 1, after: 2 },
    { path: "cache.ttl", kind: "added", after: 60 },
  ]);
});

test("lists are the same by what is in them", () => {
  const [same, changed] = differencesOf({ x: [1, { a: 2 }], y: ["a"] }, { x: [1, { a: 2 }], y: ["a", "b"] });
  expect(same?.kind).toBe("same");
  expect(changed).toEqual({ path: "y", kind: "changed", before: ["a"], after: ["a", "b"] });
});

test("what was an object and is a word is changed whole", () => {
  expect(differencesOf({ x: { a: 1 } }, { x: "none" })).toEqual([
    { path: "x", kind: "changed", before: { a: 1 }, after: "none" },
  ]);
});

test("false, zero and empty text are values", () => {
  expect(differencesOf(null, { a: false, b: 0, c: "" }).map((one) => one.kind)).toEqual(["added", "added", "added"]);
});

test("an empty object that came is told, one that stayed is not", () => {
  expect(differencesOf({}, { headers: {} })).toEqual([{ path: "headers", kind: "added", after: {} }]);
  expect(differencesOf({ headers: {} }, { headers: {} })).toEqual([]);
});

test("values are written as people read them", () => {
  expect(written("")).toBe("(empty)");
  expect(written([1, 2])).toBe("[1,2]");
  expect(written(Array.from({ length: 40 }, () => 12))).toContain("\n");
  expect(written(false)).toBe("false");
});
