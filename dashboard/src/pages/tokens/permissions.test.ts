import { expect, test } from "vitest";
import { isHeld, leastOf } from "@/pages/tokens/permissions";

test("edit holds read and the metadata, run holds nothing", () => {
  expect(isHeld("read_metadata", ["edit"])).toBe(true);
  expect(isHeld("read", ["read"])).toBe(false);
  expect(isHeld("read", ["run", "read_metadata"])).toBe(false);
});

test("what another permission holds is not asked for", () => {
  expect(leastOf(["read_metadata", "run", "edit", "read"])).toEqual(["run", "edit"]);
  expect(leastOf(["read_metadata", "read"])).toEqual(["read"]);
});
