import { expect, test } from "vitest";
import { type Shown, type StoredKey, shownOf, usedOf } from "@/pages/providers/provider";
import {
  emptySecret,
  keyHeader,
  problemOfAlias,
  problemOfLimit,
  problemsOfSecret,
  type SecretDraft,
  secretOf,
} from "@/pages/providers/secret";

const key = (alias: string, isDefault = false): StoredKey => ({
  id: alias,
  alias,
  default_config: isDefault,
  gateway_id: "default",
  provider_slug: "openai",
  secret_id: alias,
  secret_preview: "…1234",
  rate_limit: null,
  rate_limit_period: null,
  modified_at: "2026-11-23T00:00:00Z",
});

const row = (slug: string, requests = 0, keys: StoredKey[] = []): Shown => ({
  provider: {
    slug,
    name: slug.toUpperCase(),
    website: null,
    key_hint: null,
    formats: ["openai_chat"],
    is_custom: slug.startsWith("custom-"),
    needs_key: true,
    has_key_in: [],
    base_path: `/${slug}`,
  },
  keys,
  requests,
  cost: null,
});

const ROWS = [row("b", 5), row("a"), row("c", 0, [key("x")]), row("custom-z")];
const slugs = (rows: Shown[]) => rows.map((one) => one.provider.slug);

test("providers with a key come first, then those that are called", () => {
  expect(slugs(shownOf(ROWS, "all", ""))).toEqual(["c", "b", "a", "custom-z"]);
  expect(slugs(shownOf(ROWS, "keys", ""))).toEqual(["c"]);
  expect(slugs(shownOf(ROWS, "custom", ""))).toEqual(["custom-z"]);
  expect(slugs(shownOf(ROWS, "all", " CUSTOM "))).toEqual(["custom-z"]);
  expect(slugs(shownOf(ROWS, "all", "nobody"))).toEqual([]);
  expect(slugs(shownOf(ROWS, "all", "openai chat")).length).toBe(4);
});

test("the default key is used, else the one that is called default, else none", () => {
  expect(usedOf([key("default"), key("team", true)])?.alias).toBe("team");
  expect(usedOf([key("team"), key("default")])?.alias).toBe("default");
  expect(usedOf([key("team")])).toBeNull();
});

const draft = (slug: string, fields: Partial<SecretDraft>): SecretDraft => ({ ...emptySecret(slug), ...fields });

test("a plain key is one word", () => {
  expect(secretOf(draft("openai", { text: " sk-abc\n" }))).toBe("sk-abc");
  expect(problemsOfSecret(draft("openai", { text: "sk-abc" }))).toEqual({});
  for (const text of ["", "two words", "schlüssel"]) {
    expect(Object.keys(problemsOfSecret(draft("openai", { text })))).toEqual(["text"]);
  }
});

test("Bedrock's is what requests are signed with, or a key of its own", () => {
  const aws = draft("aws-bedrock", { accessKeyId: "AKIA1", secretAccessKey: "s", region: "eu-central-1" });
  expect(JSON.parse(secretOf(aws))).toEqual({ accessKeyId: "AKIA1", secretAccessKey: "s", region: "eu-central-1" });
  expect(Object.keys(problemsOfSecret(emptySecret("aws-bedrock")))).toEqual(["accessKeyId", "secretAccessKey"]);
  expect(secretOf(draft("aws-bedrock", { shape: "plain", text: "ABSK" }))).toBe("ABSK");
});

test("Vertex's is the file of a service account, with a region beside it", () => {
  const file = JSON.stringify({ client_email: "a@b", private_key: "k", project_id: "p" });
  const google = draft("google-vertex-ai", { text: file, region: "us-east5" });
  expect(problemsOfSecret(google)).toEqual({});
  expect(JSON.parse(secretOf(google))).toEqual({
    client_email: "a@b",
    private_key: "k",
    project_id: "p",
    region: "us-east5",
  });
  for (const text of ["{}", "[]", "null", "not json"]) {
    expect(Object.keys(problemsOfSecret(draft("google-vertex-ai", { text })))).toEqual(["text"]);
  }
});

test("aliases and limits are those that the server takes", () => {
  expect(problemOfAlias("team.a-1", [])).toBeNull();
  expect(problemOfAlias("a b", [])).not.toBeNull();
  expect(problemOfAlias("", [])).not.toBeNull();
  expect(problemOfAlias("team", ["team"])).not.toBeNull();
  expect(problemOfLimit(null, null)).toBeNull();
  expect(problemOfLimit(5, 60)).toBeNull();
  expect(problemOfLimit(1.5, 60)).not.toBeNull();
  expect(problemOfLimit(5, 0)).not.toBeNull();
});

test("a key travels as its provider wants it", () => {
  expect(keyHeader("openai", "K")).toBe("Authorization: Bearer K");
  expect(keyHeader("anthropic", "K")).toBe("x-api-key: K");
  expect(keyHeader("fal", "K")).toBe("Authorization: Key K");
});
