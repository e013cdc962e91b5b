import { expect, test } from "vitest";
import { ApiError } from "@/api/http";
import { wordsOf } from "@/lib/submit";

test("of what was entered the server says itself what is wrong", () => {
  expect(wordsOf(new ApiError(400, "`a b` cannot be a slug"))).toBe("`a b` cannot be a slug.");
  expect(wordsOf(new ApiError(401, "the old password is wrong"))).toBe("the old password is wrong.");
});

test("other failures are told with what to do", () => {
  expect(wordsOf(new ApiError(429, "too many tries", null, 73))).toBe("too many tries. Try again in 73 seconds.");
  expect(wordsOf(new ApiError(0, "The server cannot be reached"))).toContain("Is the server running?");
});

test("what the form itself finds is told as it is", () => {
  expect(wordsOf(new Error("Choose a gateway, or all of them."))).toBe("Choose a gateway, or all of them.");
});
