/** Prices: USD a token to the API, USD a million tokens to a person. */

import type { Schemas } from "@/api/client";

export type Cost = Schemas["CustomCostObject"];
export type TokenPricing = Schemas["TokenPricing"];
export type Rule = Cost["model_rule"];
export type Kind = keyof TokenPricing;

export const RULES: readonly (readonly [Rule, string])[] = [
  ["equals", "is"],
  ["starts-with", "begins with"],
  ["contains", "contains"],
];

export const ruleWords = (rule: Rule): string => RULES.find(([name]) => name === rule)?.[1] ?? rule;

/** Kinds of tokens that may have a rate of their own; without one they cost what input or output does. */
export const KINDS: readonly (readonly [Kind, string])[] = [
  ["input_cached_tokens", "Input from the provider's cache"],
  ["input_cache_creation_tokens", "Input that is written to its cache"],
  ["input_audio_tokens", "Audio that is put in"],
  ["output_reasoning_tokens", "Reasoning"],
  ["total_tokens", "Each token, on top of the rest"],
];

const MILLION = 1e6;
const DIGITS = 12;
const plain = (value: number) => Number(value.toPrecision(DIGITS));

/** As it is typed; 0.3 is 0.3, and not the binary number beside it. Empty = there is none. */
export const toTyped = (rate: number | null | undefined): string =>
  rate === null || rate === undefined ? "" : String(plain(rate * MILLION));

/** Null where nothing is typed; Error where it is no price. */
export function toRate(typed: string): number | null {
  if (typed.trim() === "") return null;
  const value = Number(typed.replace(",", "."));
  if (!Number.isFinite(value) || value < 0) throw new Error(`${typed} is no price: type USD a million tokens.`);
  return plain(value / MILLION);
}

export function pricingOf(cost: Pick<Cost, "token_pricing">): Partial<Record<Kind, number>> {
  if (!cost.token_pricing) return {};
  const found = JSON.parse(cost.token_pricing) as Record<Kind, number | null>;
  return Object.fromEntries(Object.entries(found).filter(([, rate]) => rate !== null));
}

/** Rates that the form has no field for stay as they are. Null where there is none at all. */
export function withTyped(
  before: Partial<Record<Kind, number>>,
  typed: Partial<Record<Kind, string>>,
): TokenPricing | null {
  const found: Partial<Record<Kind, number>> = { ...before };
  for (const [kind] of KINDS) {
    const rate = toRate(typed[kind] ?? "");
    if (rate === null) delete found[kind];
    else found[kind] = rate;
  }
  return Object.keys(found).length ? (found as TokenPricing) : null;
}
