/** Providers that a gateway can call, and the keys that it keeps for them. */

import { useQuery } from "@tanstack/react-query";
import { api, client, type Schemas } from "@/api/client";

export type Provider = Schemas["ProviderObject"];
export type StoredKey = Schemas["ProviderConfig"];

export const useProviders = (account: string) =>
  api.useQuery("get", "/client/v4/accounts/{account_id}/ai-gateway/providers", {
    params: { path: { account_id: account } },
  });

const FORMATS: Record<string, string> = {
  openai_chat: "OpenAI chat",
  openai_responses: "OpenAI responses",
  completions: "Completions",
  embeddings: "Embeddings",
  anthropic_messages: "Anthropic messages",
  gemini: "Gemini",
  bedrock_converse: "Bedrock Converse",
  bedrock_invoke: "Bedrock invoke",
  cohere: "Cohere",
  ollama: "Ollama",
};

export const formatsOf = (provider: Provider): string[] => provider.formats.map((format) => FORMATS[format] ?? format);

const CONFIGS = "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/provider_configs";
const MOST = 100;

/** All of a gateway's, however many pages they are. */
export function useStoredKeys(account: string, gateway: string) {
  return useQuery({
    queryKey: ["provider_configs", account, gateway],
    queryFn: async () => {
      const found: StoredKey[] = [];
      for (let page = 1; ; page += 1) {
        const params = { path: { account_id: account, gateway_id: gateway }, query: { page, per_page: MOST } };
        const keys = (await client.GET(CONFIGS, { params })).data?.result ?? [];
        found.push(...keys);
        if (keys.length < MOST) return found;
      }
    },
  });
}

export interface Shown {
  provider: Provider;
  keys: StoredKey[];
  requests: number;
  cost: number | null;
}

export type Which = "all" | "keys" | "custom";

/** Those with a key first, then those that were called, then by name; `text` has to be in a name, a slug or a format. */
export function shownOf(rows: readonly Shown[], which: Which, text: string): Shown[] {
  const wanted = text.trim().toLowerCase();
  return rows
    .filter(({ provider, keys }) => (which === "keys" ? keys.length > 0 : which === "all" || provider.is_custom))
    .filter(({ provider }) =>
      [provider.name, provider.slug, ...formatsOf(provider)].some((word) => word.toLowerCase().includes(wanted)),
    )
    .sort(
      (one, other) =>
        Number(other.keys.length > 0) - Number(one.keys.length > 0) ||
        other.requests - one.requests ||
        one.provider.name.localeCompare(other.provider.name),
    );
}

/** Which stored key is used where a request asks for none by name; null = none is. */
export function usedOf(keys: readonly StoredKey[]): StoredKey | null {
  return keys.find((key) => key.default_config) ?? keys.find((key) => key.alias === "default") ?? null;
}
