/** A gateway as this page edits it, and what is known of each of its settings. */

import type { Schemas } from "@/api/client";

export type Gateway = Schemas["GatewayObject"];
export type RateRule = Schemas["RateRule"];
export type SpendRule = Schemas["SpendRule"];
export type SpendLimits = Schemas["SpendLimits"];
export type Scope = Schemas["SpendScope"];
export type OtelTarget = Schemas["Otel"];
export type Semantic = Schemas["SemanticCache"];
export type Setting = keyof Gateway;
export type Changes = Partial<Gateway>;

interface Common {
  name: Setting;
  label: string;
  /** What it does, and for whom. */
  about: string;
  /** What it is where nobody set it. */
  initial: unknown;
}

/** `none` = what an empty field, or the first choice, means: null for the server. */
export type Field = Common &
  (
    | { kind: "switch" }
    | { kind: "whole"; least: number; most: number; unit: string; none?: string }
    | { kind: "seconds"; least: number; most: number; none?: string }
    | { kind: "choice"; options: [string, string][]; none?: string }
    | { kind: "text"; most: number; least?: number; isLong?: boolean; none: string }
    | { kind: "own"; isWide?: boolean }
  );

export interface Group {
  /** Stands in the URL after `#`. */
  id: string;
  title: string;
  about: string;
  fields: Field[];
}

/** What the server leaves out because it is the default stands there, so that two that are the same look the same. */
export function normalized(gateway: Gateway): Gateway {
  const { spend_limits: limits } = gateway;
  if (!limits) return gateway;
  return { ...gateway, spend_limits: { ...limits, rules: limits.rules.map(normalizedRule) } };
}

function normalizedRule(rule: SpendRule): SpendRule {
  const scopes = Object.entries(rule.metadata ?? {}).map(([key, scope]) => [key, normalizedScope(scope)]);
  return {
    ...rule,
    id: rule.id ?? null,
    enabled: rule.enabled ?? true,
    technique: rule.technique ?? "sliding",
    model: normalizedScope(rule.model),
    provider: normalizedScope(rule.provider),
    metadata: scopes.length ? Object.fromEntries(scopes) : null,
  };
}

const normalizedScope = <Given extends Scope | null | undefined>(scope: Given) =>
  scope ? { ...scope, values: scope.values ?? null } : null;

/** Whether two values say the same; the order of an object's fields says nothing. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [a, b] = [one as Record<string, unknown>, other as Record<string, unknown>];
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && same(a[name], b[name]));
}

/** The changes with one more; what is set back to what it was is no change. */
export function withChange<Name extends Setting>(
  base: Gateway,
  changes: Changes,
  name: Name,
  value: Gateway[Name],
): Changes {
  const { [name]: _, ...others } = changes;
  return same(base[name], value) ? (others as Changes) : { ...others, [name]: value };
}
