import { expect, test } from "vitest";
import { snippetsOf } from "@/pages/start/snippets";
import { TARGETS, targetOf } from "@/pages/start/snippets/targets";
import type { Ask } from "@/pages/start/snippets/way";

const ASK: Ask = {
  url: "http://127.0.0.1:8787",
  account: "ACCOUNT",
  gateway: "default",
  target: targetOf("openai"),
  model: "gpt-5-mini",
  keys: "own",
  isLocked: false,
};

function snippet(id: string, changes: Partial<Ask> & { to?: string } = {}) {
  const target = targetOf(changes.to ?? "openai");
  const found = snippetsOf({ ...ASK, target, model: target.model, ...changes }).find((one) => one.id === id);
  if (!found) throw new Error(`there is no ${id} for ${target.id}`);
  return found;
}

const EVERY = TARGETS.flatMap((target) =>
  [true, false].flatMap((isLocked) =>
    (["own", "stored"] as const).map((keys): [string, Ask] => [
      `${target.id}, ${keys}, ${isLocked ? "locked" : "open"}`,
      { ...ASK, target, model: target.model, keys, isLocked },
    ]),
  ),
);

test.each(EVERY)("snippets for %s name the server, the model, and every variable that they read", (_name, ask) => {
  for (const { id, text, vars } of snippetsOf(ask)) {
    expect(text, id).toContain(ask.target.id === "router" ? `${ask.url}/api` : `${ask.url}/v1/ACCOUNT/default/`);
    expect(text, id).toContain(ask.model);
    const reading = text.replace("export ANTHROPIC_API_KEY=", "");
    const read = ["TORANA_TOKEN", ask.target.env].filter((name) => name && reading.includes(name));
    expect(vars.filter((name) => name !== "TORANA_KEY").sort(), id).toEqual(read.sort());
    expect(text, id).not.toMatch(/undefined|null"|\[object/);
  }
});

test("a provider is asked on its own path where the SDK speaks its format, else by compat with its name before the model", () => {
  expect(snippet("openai-python").text).toContain('base_url="http://127.0.0.1:8787/v1/ACCOUNT/default/openai"');
  expect(snippet("openai-python").text).toContain('model="gpt-5-mini"');
  const other = snippet("anthropic-python").text;
  expect(other).toContain('base_url="http://127.0.0.1:8787/v1/ACCOUNT/default/compat"');
  expect(other).toContain('model="openai/gpt-5-mini"');
  expect(snippet("curl", { to: "anthropic" }).text).toContain("/default/anthropic/v1/messages");
  expect(snippet("curl", { to: "google-ai-studio" }).text).toContain(
    "/default/google-ai-studio/v1beta/models/gemini-2.5-flash:generateContent",
  );
  expect(snippet("claude-code", { to: "compat" }).text).toContain("ANTHROPIC_MODEL=openai/gpt-5-mini\n");
  expect(snippet("codex", { to: "groq" }).text).toContain('model = "groq/llama-3.1-8b-instant"');
});

test("a token stands where the key would, or in a header of its own beside the caller's key", () => {
  expect(snippet("curl", { keys: "stored", isLocked: true }).vars).toEqual(["TORANA_TOKEN"]);
  expect(snippet("curl", { keys: "stored" }).text).toContain("Authorization: Bearer $TORANA_TOKEN");
  const both = snippet("openai-js", { isLocked: true });
  expect(both.vars).toEqual(["OPENAI_API_KEY", "TORANA_TOKEN"]);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the snippet's own
  expect(both.text).toContain('defaultHeaders: { "cf-aig-authorization": `Bearer ${process.env.TORANA_TOKEN}` }');
});

test("the embedded model needs no key, but for a token where the gateway asks for one", () => {
  expect(snippet("curl", { to: "local" }).text).not.toContain("Authorization");
  expect(snippet("openai-python", { to: "local" }).text).toContain('api_key="none"');
  expect(snippet("openai-python", { to: "local", isLocked: true }).vars).toEqual(["TORANA_TOKEN"]);
});

test("OpenRouter's SDKs are for the router, and agents are not", () => {
  const ids = (to: string) => snippetsOf({ ...ASK, target: targetOf(to) }).map((one) => one.id);
  expect(ids("router")).toContain("openrouter-python");
  expect(ids("router")).not.toContain("codex");
  expect(ids("openai")).not.toContain("openrouter-js");
  expect(snippet("anthropic-python", { to: "router" }).text).toContain('base_url="http://127.0.0.1:8787/api"');
  expect(snippet("openai-python", { to: "router" }).text).toContain('base_url="http://127.0.0.1:8787/api/v1"');
});
