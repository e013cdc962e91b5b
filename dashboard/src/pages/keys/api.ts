/** The router's keys, credits, guardrails and presets, as `/api/v1` tells of them. */

import { useQuery } from "@tanstack/react-query";
import { toQuery } from "@/api/client";
import { send } from "@/api/http";

export type Reset = "daily" | "weekly" | "monthly";

/** Amounts in USD; weeks begin on Monday, all by UTC. */
export interface RouterKey {
  hash: string;
  label: string;
  name: string;
  disabled: boolean;
  limit: number | null;
  limit_remaining: number | null;
  limit_reset: Reset | null;
  include_byok_in_limit: boolean;
  created_at: string;
  updated_at: string | null;
  expires_at: string | null;
  last_used_at: string | null;
  creator_user_id: string | null;
  external_user: string | null;
  workspace_id: string;
  usage: number;
  usage_daily: number;
  usage_weekly: number;
  usage_monthly: number;
  byok_usage: number;
  byok_usage_daily: number;
  byok_usage_weekly: number;
  byok_usage_monthly: number;
}

export interface Made {
  data: RouterKey;
  /** The key itself: it is in this answer and in no other. */
  key: string;
}

export interface Credits {
  total_credits: number;
  total_usage: number;
}

export interface Guardrail {
  id: string;
  name: string;
  description: string | null;
  limit_usd: number | null;
  reset_interval: Reset | null;
  allowed_models: string[] | null;
  ignored_models: string[] | null;
  allowed_providers: string[] | null;
  ignored_providers: string[] | null;
  enforce_zdr: boolean | null;
  content_filters: { label: string | null; action: string }[] | null;
  content_filter_builtins: { slug: string; action: string }[] | null;
}

export interface Preset {
  id: string;
  slug: string;
  updated_at: string | null;
}

interface Data<T> {
  data: T;
}

export const KEYS = "/api/v1/keys";
const PAGE = 100;
const MOST_PAGES = 20;

export function useKeys(workspace: string) {
  return useQuery({ queryKey: ["router", "keys", workspace], queryFn: () => allKeys(workspace) });
}

/** The list says nothing of its length: it ends with a page that is not full. */
async function allKeys(workspace: string): Promise<RouterKey[]> {
  const found: RouterKey[] = [];
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { workspace_id: workspace, offset: page * PAGE, include_disabled: true, include_expired: true };
    const { data } = await send<Data<RouterKey[]>>("GET", `${KEYS}?${toQuery(query)}`);
    found.push(...data);
    if (data.length < PAGE) break;
  }
  return found;
}

export function useCredits() {
  return useQuery({
    queryKey: ["router", "credits"],
    queryFn: async () => (await send<Data<Credits>>("GET", "/api/v1/credits")).data,
  });
}

export function useGuardrails(workspace: string) {
  return useListed<Guardrail>("guardrails", workspace);
}

export function usePresets(workspace: string) {
  return useListed<Preset>("presets", workspace);
}

function useListed<T>(what: string, workspace: string) {
  const path = `/api/v1/${what}?${toQuery({ workspace_id: workspace, limit: PAGE })}`;
  return useQuery({
    queryKey: ["router", what, workspace],
    queryFn: async () => (await send<Data<T[]>>("GET", path)).data,
  });
}
