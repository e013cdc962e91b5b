import { expect, test } from "vitest";
import { factWords, labelOf } from "@/pages/system/features";

test("what is not set is off, but for what then lasts for good", () => {
  expect(factWords("web_search", null)).toBe(false);
  expect(factWords("log_retention_days", null)).toBe("for good");
});

test("days are told as days, words as they are, yes and no as such", () => {
  expect(factWords("log_retention_days", 1)).toBe("1 day");
  expect(factWords("analytics_days", 90)).toBe("90 days");
  expect(factWords("router_strategy", "price")).toBe("price");
  expect(factWords("https", false)).toBe(false);
});

test("a feature that nobody has named yet is told by its name", () => {
  expect(labelOf("local_model")).toBe("Local model");
  expect(labelOf("openid_connect")).toBe("OpenID Connect");
});
