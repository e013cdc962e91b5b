import { expect, test } from "vitest";
import { snippetsFor } from "@/pages/tokens/snippets";

const shown = { url: "http://localhost:8787/", account: "acc", gateway: "default", token: "torana_x" };

test("a token is shown at what it may do, and at nothing else", () => {
  const names = (may: Parameters<typeof snippetsFor>[0]["may"]) => snippetsFor({ ...shown, may }).map(([name]) => name);
  expect(names(["run"])).toEqual(["Call a model", "Check it"]);
  expect(names(["read_metadata"])).toEqual(["Read logs", "Check it"]);
  expect(names(["run", "edit"])).toEqual(["Call a model", "Read logs", "Check it"]);
});

test("a slash at the end of the server's URL is not there twice", () => {
  for (const [, text] of snippetsFor({ ...shown, may: ["run", "read"] })) {
    expect(text).toMatch(/http:\/\/localhost:8787\/(v1|client)/);
  }
});
