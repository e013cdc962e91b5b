import { expect, test } from "vitest";
import { toCsv } from "@/lib/csv";

test("lines end as the standard says, and what is not known is empty", () => {
  expect(
    toCsv(
      ["a", "b"],
      [
        [1, null],
        [true, undefined],
      ],
    ),
  ).toBe("a,b\r\n1,\r\ntrue,\r\n");
});

test("commas, quotes and lines are quoted", () => {
  expect(toCsv(["a"], [['x, "y"\nz']])).toBe('a\r\n"x, ""y""\nz"\r\n');
});

test("a name is no formula, a negative number stays a number", () => {
  expect(
    toCsv(
      ["a", "b"],
      [
        ["=1+1", -5],
        ["@x", 2],
      ],
    ),
  ).toBe("a,b\r\n'=1+1,-5\r\n'@x,2\r\n");
});
