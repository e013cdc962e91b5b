import { expect, test } from "vitest";
import { pricingOf, toRate, toTyped, withTyped } from "@/pages/custom-providers/prices";

test.each(["0.15", "0.3", "1.1", "2.5", "0.075", "0", "15", "0.0000123"])(
  "%s USD a million comes back as typed",
  (typed) => {
    expect(Number(toTyped(toRate(typed)))).toBe(Number(typed));
  },
);

test("a rate has no digits that nobody typed", () => {
  expect(toRate("1.1")).toBe(0.0000011);
  expect(toRate("0,3")).toBe(3e-7);
  expect(toTyped(3e-7)).toBe("0.3");
});

test("nothing is no price, and what is none is refused", () => {
  expect(toRate(" ")).toBeNull();
  expect(toTyped(null)).toBe("");
  expect(() => toRate("cheap")).toThrow("no price");
  expect(() => toRate("-1")).toThrow("no price");
});

test("what a form has no field for stays, what is emptied goes", () => {
  const before = pricingOf({ token_pricing: '{"input_tokens":1e-7,"input_cached_tokens":1e-8,"total_tokens":null}' });
  expect(before).toEqual({ input_tokens: 1e-7, input_cached_tokens: 1e-8 });
  expect(withTyped(before, { output_reasoning_tokens: "2" })).toEqual({
    input_tokens: 1e-7,
    output_reasoning_tokens: 2e-6,
  });
  expect(withTyped({}, {})).toBeNull();
});
