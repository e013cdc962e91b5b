import { expect, test } from "vitest";
import { LOADERS, loaderAt, preload, ready } from "@/loaders";

test.each([
  ["/dashboard", ""],
  ["/dashboard/", ""],
  ["/dashboard/models", "models"],
  ["/dashboard/gateways/team%20a/logs", "gateways/:gateway/logs"],
] as const)("%s is found", (pathname, path) => {
  expect(loaderAt(pathname)).toBe(LOADERS[path]);
});

test.each(["/dashboard/nothing", "/dashboard/constructor", "/dashboard/models/openai/gpt-4o", "/dashboard/gateways/a"])(
  "%s is none",
  (pathname) => {
    expect(loaderAt(pathname)).toBeNull();
  },
);

test("what is loaded is given without waiting", async () => {
  const page = { default: () => null };
  const load = async () => page;
  let given: unknown;
  const take = (module: unknown) => {
    given = module;
  };
  ready(load)().then(take);
  expect(given).toBeUndefined();
  await preload(load);
  ready(load)().then(take);
  expect(given).toBe(page);
});
