/** What is wrong with settings as they are typed, before the server says so; and what is allowed, and does nothing. */

import { count } from "@/lib/format";
import { FIELDS } from "@/pages/settings/fields";
import type { Field, Gateway, OtelTarget, RateRule, Scope, SpendRule } from "@/pages/settings/gateway";

/** By path, such as `cache_ttl` or `rate_limits.0.limit`. */
export type Problems = ReadonlyMap<string, string>;

const MOST_RULES = 20;
const MOST_TARGETS = 10;
const LEAST_THRESHOLD = 0.85;
const MOST_NAME = 1024;
const BY = /^(gateway|token|provider|model|metadata\..+)$/;
const SECRET_NAME = /^[A-Z0-9_]{1,128}$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const PRINTABLE = /^[\x20-\x7e]*$/;
const OWN_HEADERS = new Set([
  "content-type",
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "host",
  "connection",
]);

export function problemsOf(gateway: Gateway): Problems {
  const found = new Map<string, string>();
  const note = (path: string, message: string | null | undefined) => {
    if (message) found.set(path, message);
  };
  for (const field of FIELDS) note(field.name, problemOf(field, gateway[field.name]));
  const rates = gateway.rate_limits;
  if (rates.length > MOST_RULES) note("rate_limits", `At most ${MOST_RULES} rate limits`);
  rates.forEach((rule, at) => {
    checkRate(rule, (name, message) => note(`rate_limits.${at}.${name}`, message));
  });
  const spends = gateway.spend_limits?.rules ?? [];
  if (spends.length > MOST_RULES) note("spend_limits", `At most ${MOST_RULES} spend limits`);
  spends.forEach((rule, at) => {
    checkSpend(rule, spends, (name, message) => note(`spend_limits.rules.${at}.${name}`, message));
  });
  const targets = gateway.otel ?? [];
  if (targets.length > MOST_TARGETS) note("otel", `At most ${MOST_TARGETS} collectors`);
  targets.forEach((target, at) => {
    checkTarget(target, (name, message) => note(`otel.${at}.${name}`, message));
  });
  const threshold = gateway.semantic_cache?.threshold ?? LEAST_THRESHOLD;
  if (!(threshold >= LEAST_THRESHOLD && threshold <= 1)) {
    note("semantic_cache.threshold", `From ${LEAST_THRESHOLD} to 1`);
  }
  return found;
}

/** Whether anything of a setting is wrong. */
export const isWrong = (problems: Problems, name: string): boolean =>
  [...problems.keys()].some((path) => path === name || path.startsWith(`${name}.`));

function problemOf(field: Field, value: unknown): string | null {
  if (field.kind === "whole" || field.kind === "seconds") {
    if (value === null && field.none) return null;
    const unit = field.kind === "whole" ? field.unit : "seconds";
    if (typeof value !== "number" || !Number.isInteger(value)) return `A whole number of ${unit}`;
    if (value < field.least || value > field.most) {
      return field.most === Number.MAX_SAFE_INTEGER
        ? `${count(field.least)} ${unit} or more`
        : `From ${count(field.least)} to ${count(field.most)} ${unit}`;
    }
  }
  if (field.kind === "text" && typeof value === "string") {
    if (field.isLong && !value.includes("BEGIN PUBLIC KEY")) return "A public key in PEM begins with BEGIN PUBLIC KEY";
    if (value.length < (field.least ?? 0) || value.length > field.most) {
      return `${field.least ?? 0} to ${field.most} characters`;
    }
  }
  return null;
}

type Note = (name: string, message: string | null) => void;

const isWhole = (value: number | null): boolean => Number.isSafeInteger(value) && (value ?? 0) > 0;

function checkRate(rule: RateRule, note: Note): void {
  note("limit", isWhole(rule.limit) ? null : "A whole number above 0");
  note("interval", isWhole(rule.interval) ? null : "1 second or more, in whole seconds");
  note("by", BY.test(rule.by) && rule.by.length <= 256 ? null : "The name of a metadata key");
}

function checkSpend(rule: SpendRule, all: readonly SpendRule[], note: Note): void {
  note("limit", rule.limit > 0 && Number.isFinite(rule.limit) ? null : "An amount above $0");
  note("window", isWhole(rule.window) ? null : "1 second or more, in whole seconds");
  if (rule.id && all.filter((one) => one.id === rule.id).length > 1) note("id", "Another limit has this id");
  if (rule.id && rule.id.length > MOST_NAME) note("id", `At most ${MOST_NAME} characters`);
  note("model", problemOfScope(rule.model));
  note("provider", problemOfScope(rule.provider));
  for (const [key, scope] of Object.entries(rule.metadata ?? {})) note(`metadata.${key}`, problemOfScope(scope));
}

/** The server takes an empty list, which no request would ever match. */
const problemOfScope = (scope: Scope | null): string | null =>
  scope?.mode === "filter" && !scope.values?.length ? "Name at least one, or count all" : null;

function checkTarget(target: OtelTarget, note: Note): void {
  note("url", isAddress(target.url) ? null : "An address that begins with https:// or http://");
  if (target.authorization && !SECRET_NAME.test(target.authorization)) {
    note("authorization", "A name of A–Z, 0–9 and _, not the secret itself");
  }
  for (const [name, value] of Object.entries(target.headers)) {
    if (!HEADER_NAME.test(name) || OWN_HEADERS.has(name.toLowerCase())) {
      note("headers", `${name} cannot be a header of an export`);
    } else if (!PRINTABLE.test(value)) {
      note("headers", `The value of ${name} has characters that no header may have`);
    }
  }
}

export function isAddress(text: string): boolean {
  if (!PRINTABLE.test(text) || text.includes(" ")) return false;
  try {
    const { protocol, hostname } = new URL(text);
    return (protocol === "https:" || protocol === "http:") && hostname !== "";
  } catch {
    return false;
  }
}

/** By setting: what will have no effect as things stand. */
export function hintsOf(gateway: Gateway): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const { rate_limiting_limit: limit, rate_limiting_interval: interval } = gateway;
  if (limit && !interval) found.set("rate_limiting_interval", "Without an interval there is no limit.");
  if (interval && !limit) found.set("rate_limiting_limit", "Without a number of requests there is no limit.");
  if ((gateway.retry_delay ?? gateway.retry_backoff) !== null && (gateway.retry_max_attempts ?? 1) < 2) {
    found.set("retry_max_attempts", "Delay and growth count only from two attempts on.");
  }
  if (gateway.semantic_cache?.enabled && !gateway.cache_ttl) {
    found.set(
      "semantic_cache",
      "Only requests that ask for caching themselves have answers to find: set a time above.",
    );
  }
  if (gateway.log_management_strategy && !gateway.log_management) {
    found.set("log_management_strategy", "Without a limit of logs it is never reached.");
  }
  const limits = gateway.spend_limits;
  if (limits?.enabled && !limits.rules.some((rule) => rule.enabled)) {
    found.set("spend_limits", "No limit is on: nothing is limited.");
  }
  if (limits && !limits.enabled && limits.rules.length > 0) {
    found.set("spend_limits", "Switched off: none of these limits holds.");
  }
  return found;
}
