import { expect, test } from "vitest";
import { slugOf } from "@/pages/custom-providers/slug";

test.each([
  ["Our vLLM", "our-vllm"],
  ["  Müller & Söhne (Köln) ", "muller-sohne-koln"],
  ["under_score--dash", "under_score-dash"],
  ["日本", ""],
  [`${"a".repeat(63)} b`, "a".repeat(63)],
])("%s becomes %s", (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});
