import { expect, test } from "vitest";
import { asCommand, asCurl, quoted } from "@/pages/settings/commands";
import { PLAIN } from "@/pages/settings/sample";

test("what a shell would read otherwise is quoted", () => {
  expect(quoted("cache_ttl=300")).toBe("cache_ttl=300");
  expect(quoted("a b")).toBe("'a b'");
  expect(quoted("it's $HOME")).toBe("'it'\\''s $HOME'");
});

test("a command says what is not at its default", () => {
  expect(asCommand({ ...PLAIN, cache_ttl: 300, retry_backoff: "linear", authentication: true })).toBe(
    "torana gateways set default \\\n  cache_ttl=300 \\\n  retry_backoff=linear \\\n  authentication=true",
  );
  const rule = { limit: 1, interval: 60, technique: "fixed" as const, by: "token" };
  expect(asCommand({ ...PLAIN, rate_limits: [rule] })).toContain(
    `'rate_limits=[{"limit":1,"interval":60,"technique":"fixed","by":"token"}]'`,
  );
  expect(asCommand(PLAIN)).not.toContain("torana gateways set");
});

test("a call says every setting, and nothing that nobody sets", () => {
  const call = asCurl("http://127.0.0.1:8787", { ...PLAIN, store_id: "it's" });
  expect(call).toContain(
    `PUT http://127.0.0.1:8787/client/v4/accounts/${PLAIN.account_id}/ai-gateway/gateways/default`,
  );
  expect(call).toContain('"store_id": "it\'\\\'\'s"');
  expect(call).not.toContain("created_at");
});
