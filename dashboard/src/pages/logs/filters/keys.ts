/** What logs can be filtered by: each key's name, what it is, and what can be asked of it. */

import type { LogFilter } from "@/lib/log-link";

export type Kind = "text" | "number" | "boolean" | "metadata" | "single" | "pick";
export type Filter = LogFilter;
export type Operator = Filter["operator"];
export type Value = Filter["value"][number];

export interface FilterKey {
  key: string;
  label: string;
  kind: Kind;
  /** What a number is in. */
  unit?: string;
  hint?: string;
  /** Dimension of analytics whose values are suggested. */
  suggests?: "provider" | "model" | "metadata.key" | "metadata.value";
  options?: readonly (readonly [string, string])[];
}

const STATUSES = [
  ["2xx", "2xx: good"],
  ["3xx", "3xx: redirected"],
  ["4xx", "4xx: refused"],
  ["5xx", "5xx: failed"],
] as const;
const REQUEST_TYPES = [
  ["Universal", "Universal endpoint"],
  ["Compat", "OpenAI-compatible endpoint"],
  ["Run", "REST API (run)"],
  ["Router", "Router"],
] as const;
const CREDENTIALS = [
  ["request", "The caller's own"],
  ["stored:default", "Stored key, default"],
  ["provider", "Of the custom provider"],
  ["none", "None"],
] as const;

/** Those of the kinds `single` and `pick` are parameters of their own beside `filters`, and take one value. */
export const KEYS: readonly FilterKey[] = [
  {
    key: "status",
    label: "Status",
    kind: "pick",
    options: STATUSES,
    hint: "A class such as 4xx, or a status such as 429.",
  },
  { key: "success", label: "Successful", kind: "boolean" },
  { key: "error", label: "Error", kind: "single", hint: "Text within what went wrong." },
  { key: "provider", label: "Provider", kind: "text", suggests: "provider" },
  { key: "model", label: "Model", kind: "text", suggests: "model" },
  { key: "cached", label: "From the cache", kind: "boolean" },
  { key: "streamed", label: "Streamed", kind: "boolean" },
  { key: "cost", label: "Cost", kind: "number", unit: "USD" },
  { key: "tokens", label: "Tokens", kind: "number", unit: "tokens" },
  { key: "tokens_in", label: "Tokens in", kind: "number", unit: "tokens" },
  { key: "tokens_out", label: "Tokens out", kind: "number", unit: "tokens" },
  { key: "duration", label: "Duration", kind: "number", unit: "ms" },
  { key: "feedback", label: "Feedback", kind: "number", hint: "1 = thumb up, -1 = thumb down." },
  { key: "metadata.key", label: "Metadata key", kind: "metadata", suggests: "metadata.key" },
  { key: "metadata.value", label: "Metadata value", kind: "metadata", suggests: "metadata.value" },
  { key: "request_type", label: "Endpoint", kind: "text", options: REQUEST_TYPES },
  { key: "credential", label: "Key used", kind: "pick", options: CREDENTIALS, hint: "Stored keys: stored:ALIAS." },
  { key: "authentication", label: "With an API token", kind: "boolean" },
  { key: "user_agent", label: "User agent", kind: "text" },
  { key: "id", label: "Log id", kind: "text" },
  { key: "event_id", label: "Event id", kind: "text" },
  { key: "request_content_type", label: "Request content type", kind: "text" },
  { key: "response_content_type", label: "Response content type", kind: "text" },
  { key: "compatibilityMode", label: "OpenAI-compatible", kind: "boolean" },
  { key: "model_type", label: "Model type", kind: "text" },
  { key: "created_at", label: "Time", kind: "text", hint: "Such as 2026-01-31T12:00:00Z." },
  { key: "wholesale", label: "Unified billing", kind: "boolean" },
  { key: "dlp_action", label: "DLP action", kind: "text" },
];

/** Not told apart by this server yet: understood in a URL, not offered. */
const UNOFFERED = new Set(["model_type", "wholesale", "dlp_action", "created_at"]);
export const OFFERED = KEYS.filter((one) => !UNOFFERED.has(one.key));

/** Keys that are parameters of their own. */
export const OWN = ["status", "error", "streamed", "credential"] as const;
export type OwnKey = (typeof OWN)[number];
export const isOwn = (key: string): key is OwnKey => (OWN as readonly string[]).includes(key);

export const keyOf = (key: string): FilterKey =>
  KEYS.find((one) => one.key === key) ?? { key, label: key, kind: "text" };

const WORDS: Record<Kind, readonly (readonly [Operator, string])[]> = {
  text: [
    ["eq", "is"],
    ["neq", "is not"],
    ["contains", "contains"],
  ],
  number: [
    ["gt", "more than"],
    ["lt", "less than"],
    ["eq", "is"],
    ["neq", "is not"],
  ],
  boolean: [["eq", "is"]],
  metadata: [
    ["eq", "is"],
    ["neq", "is not"],
    ["contains", "contains"],
  ],
  single: [["contains", "contains"]],
  pick: [["eq", "is"]],
};

export function operatorsOf(key: string): readonly (readonly [Operator, string])[] {
  if (key === "created_at") return WORDS.number;
  return WORDS[keyOf(key).kind];
}

/** Whether several values can be given: alternatives, one of which must fit. */
export const takesSeveral = (key: string, operator: Operator): boolean => {
  const { kind } = keyOf(key);
  return (kind === "text" || kind === "metadata") && operator !== "lt" && operator !== "gt";
};

/** What was typed, as the value that the key takes; undefined where it is none. */
export function readValue(key: string, text: string): Value | undefined {
  const { kind } = keyOf(key);
  const plain = text.trim();
  if (kind === "boolean") return plain === "true" ? true : plain === "false" ? false : undefined;
  if (kind === "number") {
    if (plain === "") return undefined;
    const number = Number(plain);
    return Number.isFinite(number) ? number : undefined;
  }
  if (key === "status") return /^[1-5](xx|\d\d)$/i.test(plain) ? plain.toLowerCase() : undefined;
  return plain === "" ? undefined : plain;
}
