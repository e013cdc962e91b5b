import { expect, test } from "vitest";
import { fromSeconds, readNumber, toSeconds } from "@/lib/amounts";

test.each([
  ["", null],
  ["  ", null],
  ["12", 12],
  [" 1,000 ", 1000],
  ["1 000 000", 1_000_000],
  ["0.5", 0.5],
  ["2e6", 2_000_000],
  ["-3", -3],
])("reads %j as %j", (text, value) => {
  expect(readNumber(text)).toBe(value);
});

test.each(["abc", "1,5", "12px", "1.2.3", "0x10", "Infinity", "1,00"])("does not guess at %j", (text) => {
  expect(readNumber(text)).toBeNaN();
});

test.each([
  [0, 0, "seconds"],
  [90, 90, "seconds"],
  [300, 5, "minutes"],
  [7_200, 2, "hours"],
  [2_592_000, 30, "days"],
  [null, null, "seconds"],
])("says %j seconds as %j %s", (seconds, amount, unit) => {
  expect(fromSeconds(seconds)).toEqual({ amount, unit });
});

test("a fraction of a unit is whole seconds where it can be", () => {
  expect(toSeconds(1.1, "hours")).toBe(3_960);
  expect(toSeconds(null, "days")).toBeNull();
  expect(toSeconds(Number.NaN, "days")).toBeNaN();
});
