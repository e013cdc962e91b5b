import { expect, test } from "vitest";
import { nextRow, rowsOf, textOf } from "@/pages/custom-providers/headers";

test("what the server keeps comes back as it was, hidden values too", () => {
  const text = '{"authorization":"***","x-team":"ml"}';
  expect(textOf(rowsOf(text))).toBe(text);
  expect(textOf(rowsOf(null))).toBeNull();
});

test("empty rows are left out", () => {
  expect(textOf([{ id: 0, name: " ", value: "" }])).toBeNull();
  expect(textOf([{ id: 0, name: " x-a ", value: "" }])).toBe('{"x-a":""}');
});

test("a value without a name, and a name that is there twice, are refused", () => {
  expect(() => textOf([{ id: 0, name: "", value: "ml" }])).toThrow("needs a name");
  expect(() => textOf([rowsOf('{"X-Team":"a"}'), rowsOf('{"x-team":"b"}')].flat())).toThrow("there twice");
});

test("a new row is none of those that are there", () => {
  expect(nextRow([]).id).toBe(0);
  expect(nextRow([{ id: 4, name: "", value: "" }]).id).toBe(5);
});
