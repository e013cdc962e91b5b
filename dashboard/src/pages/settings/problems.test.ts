import { expect, test } from "vitest";
import { type Gateway, normalized, same, withChange } from "@/pages/settings/gateway";
import { hintsOf, isWrong, problemsOf } from "@/pages/settings/problems";
import { PLAIN } from "@/pages/settings/sample";

const wrong = (changes: Partial<Gateway>) => Object.fromEntries(problemsOf({ ...PLAIN, ...changes }));

test("a gateway that nobody set up has nothing wrong with it", () => {
  expect(wrong({})).toEqual({});
  expect(hintsOf(PLAIN).size).toBe(0);
});

test.each<[Partial<Gateway>, string]>([
  [{ cache_ttl: -1 }, "cache_ttl"],
  [{ cache_ttl: 1.5 }, "cache_ttl"],
  [{ cache_ttl: Number.NaN }, "cache_ttl"],
  [{ retry_max_attempts: 6 }, "retry_max_attempts"],
  [{ retry_max_attempts: 0 }, "retry_max_attempts"],
  [{ retry_delay: 60_001 }, "retry_delay"],
  [{ log_management: 9_999 }, "log_management"],
  [{ logpush_public_key: "MIIBIjANBgkqhkiG9w0B" }, "logpush_public_key"],
  [{ rate_limits: [{ limit: 0, interval: 60, technique: "fixed", by: "token" }] }, "rate_limits.0.limit"],
  [{ rate_limits: [{ limit: 1, interval: 60, technique: "fixed", by: "metadata." }] }, "rate_limits.0.by"],
  [{ semantic_cache: { enabled: true, mode: "on", threshold: 0.5 } }, "semantic_cache.threshold"],
  [{ otel: [{ url: "collector", headers: {}, authorization: null, content_type: "json" }] }, "otel.0.url"],
  [
    { otel: [{ url: "https://a.example", headers: { Host: "b" }, authorization: null, content_type: "json" }] },
    "otel.0.headers",
  ],
  [
    { otel: [{ url: "https://a.example", headers: {}, authorization: "Bearer x", content_type: "json" }] },
    "otel.0.authorization",
  ],
])("%j is told at %s", (changes, path) => {
  expect(Object.keys(wrong(changes))).toEqual([path]);
  expect(isWrong(problemsOf({ ...PLAIN, ...changes }), path.split(".")[0] ?? "")).toBe(true);
});

test.each<Partial<Gateway>>([
  { cache_ttl: null },
  { retry_max_attempts: 5, retry_delay: 0, retry_backoff: "linear" },
  { log_management: 10_000_000, log_management_strategy: "DELETE_OLDEST" },
  { rate_limits: [{ limit: 1, interval: 1, technique: "sliding", by: "metadata.team" }] },
  {
    otel: [
      {
        url: "http://10.0.0.1:4318/v1/traces",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the server's own way to name a secret
        headers: { "x-a": "${secret:A}" },
        authorization: "A_1",
        content_type: "protobuf",
      },
    ],
  },
])("%j is right", (changes) => {
  expect(wrong(changes)).toEqual({});
});

const SPEND = normalized({
  ...PLAIN,
  spend_limits: { enabled: true, rules: [{ limit: 5, limitType: "cost", window: 60 } as never] },
}).spend_limits?.rules[0];

test("spend limits of the same id, or of no model at all, are told", () => {
  if (!SPEND) throw new Error("no rule");
  const twice = {
    enabled: true,
    rules: [
      { ...SPEND, id: "a" },
      { ...SPEND, id: "a" },
    ],
  };
  expect(Object.keys(wrong({ spend_limits: twice }))).toEqual(["spend_limits.rules.0.id", "spend_limits.rules.1.id"]);
  const none = { enabled: true, rules: [{ ...SPEND, model: { mode: "filter" as const, values: [] } }] };
  expect(Object.keys(wrong({ spend_limits: none }))).toEqual(["spend_limits.rules.0.model"]);
});

test("what does nothing is hinted at", () => {
  expect([...hintsOf({ ...PLAIN, rate_limiting_limit: 5 }).keys()]).toEqual(["rate_limiting_interval"]);
  expect([...hintsOf({ ...PLAIN, retry_delay: 0 }).keys()]).toEqual(["retry_max_attempts"]);
  const semantic = { enabled: true, mode: "on" as const, threshold: 0.9 };
  expect([...hintsOf({ ...PLAIN, semantic_cache: semantic }).keys()]).toEqual(["semantic_cache"]);
  expect(hintsOf({ ...PLAIN, semantic_cache: semantic, cache_ttl: 60 }).size).toBe(0);
});

test("what is set back is no change, whatever the order of its fields", () => {
  const changed = withChange(PLAIN, {}, "cache_ttl", 5);
  expect(changed).toEqual({ cache_ttl: 5 });
  expect(withChange(PLAIN, changed, "cache_ttl", PLAIN.cache_ttl)).toEqual({});
  expect(same({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 })).toBe(true);
  expect(same([1, 2], [2, 1])).toBe(false);
  expect(same({ a: undefined }, { b: undefined })).toBe(false);
  expect(same(null, {})).toBe(false);
});
