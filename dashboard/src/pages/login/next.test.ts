import { expect, test } from "vitest";
import { safeNext } from "@/pages/login/next";

test.each([
  ["/keys?create=key", "/keys?create=key"],
  ["/gateways/a%2Fb/logs#x", "/gateways/a%2Fb/logs#x"],
  ["/loginish", "/loginish"],
])("%s is gone on to", (given, found) => {
  expect(safeNext(given)).toBe(found);
});

test.each([
  null,
  "",
  "keys",
  "https://evil.example/",
  "//evil.example/",
  "/\\evil.example",
  "/\t/evil.example",
  "javascript:alert(1)",
  "/login",
  "/login?next=/keys",
])("%s leads home", (given) => {
  expect(safeNext(given)).toBe("/");
});
