import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { callOf, curl, javascript, python, urlOf } from "@/pages/logs/drawer/snippets";
import type { Trace } from "@/pages/logs/types";

const LOG = {
  account_id: "acc",
  gateway_id: "default",
  provider: "anthropic",
  path: "v1/messages",
  method: "POST",
  request_type: "",
  request_content_type: "application/json",
  request_headers: [
    "POST /v1/acc/default/anthropic/v1/messages HTTP/1.1",
    "host: localhost:8787",
    "content-type: application/json",
    "x-api-key: ***",
    "cf-aig-authorization: ***",
    "anthropic-version: 2023-06-01",
    'cf-aig-metadata: {"user": "o\'neil"}',
    "x-stainless-lang: python",
    "content-length: 12",
    "",
  ].join("\r\n"),
} as Trace;
const BODY = JSON.stringify({
  model: "claude",
  stream: true,
  stop: null,
  messages: [{ role: "user", content: "it's" }],
});
const CALL = callOf(LOG, "http://localhost:8787/", BODY);

test("what clients add by themselves is left out, keys become names to fill in", () => {
  expect(CALL.headers).toEqual([
    ["content-type", "application/json"],
    ["x-api-key", "{PROVIDER_API_KEY}"],
    ["cf-aig-authorization", "Bearer {TORANA_TOKEN}"],
    ["anthropic-version", "2023-06-01"],
    ["cf-aig-metadata", '{"user": "o\'neil"}'],
  ]);
});

test("the URL is the one that was asked", () => {
  const at = (given: Partial<Trace>) => urlOf({ ...LOG, ...given } as Trace, "http://h:1");
  expect(CALL.url).toBe("http://localhost:8787/v1/acc/default/anthropic/v1/messages");
  expect(at({ request_type: "Universal" })).toBe("http://h:1/v1/acc/default/anthropic/v1/messages");
  expect(at({ request_type: "Compat", path: "chat/completions" })).toBe(
    "http://h:1/v1/acc/default/compat/chat/completions",
  );
  expect(at({ request_type: "Router", path: "api/v1/chat/completions" })).toBe("http://h:1/api/v1/chat/completions");
});

test("a shell reads the command as it is meant", () => {
  const script = `curl() { for one in "$@"; do printf '%s\\0' "$one"; done; }\n${curl(CALL)}`;
  const env = { ...process.env, PROVIDER_API_KEY: "sk-1", TORANA_TOKEN: "t-2" };
  const words = execFileSync("sh", ["-c", script], { env, encoding: "utf8" }).split("\0").slice(0, -1);
  expect(words).toEqual([
    ...["-X", "POST", CALL.url, "-H", "content-type: application/json", "-H", "x-api-key: sk-1"],
    ...["-H", "cf-aig-authorization: Bearer t-2", "-H", "anthropic-version: 2023-06-01"],
    ...["-H", 'cf-aig-metadata: {"user": "o\'neil"}', "--data-raw", BODY],
  ]);
});

test("JavaScript sends the same", async () => {
  const sent: [string, RequestInit][] = [];
  const fetch = async (url: string, init: RequestInit) => {
    sent.push([url, init]);
    return { status: 200, text: async () => "" };
  };
  const process = { env: { PROVIDER_API_KEY: "sk-1", TORANA_TOKEN: "t-2" } };
  const run = new Function("fetch", "process", "console", `return (async () => { ${javascript(CALL)} })()`);
  await run(fetch, process, { log: () => {} });
  expect(sent[0]?.[0]).toBe(CALL.url);
  expect(sent[0]?.[1]).toMatchObject({
    method: "POST",
    headers: { "x-api-key": "sk-1", "cf-aig-authorization": "Bearer t-2", "cf-aig-metadata": '{"user": "o\'neil"}' },
  });
  expect(JSON.parse(String(sent[0]?.[1].body))).toEqual(JSON.parse(BODY));
});

test("the endpoint for all providers is told the provider again", () => {
  const log = { ...LOG, request_type: "Compat", provider: "groq", model: "groq/compound" } as Trace;
  const model = (name: string) => JSON.parse(callOf(log, "http://h", JSON.stringify({ model: name, n: 1 })).body);
  expect(model("groq/compound")).toEqual({ model: "groq/groq/compound", n: 1 });
  expect(model("groq/groq/compound").model).toBe("groq/groq/compound");
  expect(model("dynamic/cheap").model).toBe("dynamic/cheap");
  expect(callOf(log, "http://h", "no JSON").body).toBe("no JSON");
});

test("a key of the query becomes a name to fill in too", () => {
  const path = "v1beta/models/g:streamGenerateContent?alt=sse&key=***";
  const call = callOf({ ...LOG, provider: "google-ai-studio", path, request_headers: "" } as Trace, "http://h", "");
  const url = "http://h/v1/acc/default/google-ai-studio/v1beta/models/g:streamGenerateContent?alt=sse&key=";
  expect(curl(call)).toBe(`curl -X POST "${url}$PROVIDER_API_KEY"`);
  expect(python(call)).toMatch(/^import os\n/);
  expect(python(call)).toContain(`f"${url}{os.environ['PROVIDER_API_KEY']}", headers`);
  expect(javascript(call)).toContain(`fetch(\`${url}\${process.env.PROVIDER_API_KEY}\`, {`);
});

test("Python writes JSON as its own", () => {
  const text = python(CALL);
  expect(text).toContain("import os\n\nimport httpx");
  expect(text).toContain(`    "x-api-key": f"{os.environ['PROVIDER_API_KEY']}",`);
  expect(text).toContain('    "stream": True,\n    "stop": None,');
  expect(text).toContain("json=body");
  expect(python(callOf(LOG, "http://h", "plain"))).toContain('body = "plain"');
});
