/** What the snippets are to show: in the URL, and where that is silent, what is right for this gateway. */

import { useMemo } from "react";
import { api } from "@/api/client";
import { useSession } from "@/api/session";
import { useUrlState } from "@/lib/url-state";
import { type StoredKey, usedOf, useStoredKeys } from "@/pages/providers/provider";
import { COMPAT, LOCAL, ROUTER, TARGETS, type Target, targetOf } from "@/pages/start/snippets/targets";
import type { Ask } from "@/pages/start/snippets/way";
import { useGateway } from "@/shell/gateway";

export interface AskChange {
  target?: string;
  model?: string;
  keys?: string;
  isLocked?: boolean;
}

interface Asking {
  ask: Ask;
  change: (change: AskChange) => void;
  /** The provider that no stored key could be used for, though one is meant to be. */
  lacking: string | null;
  isPending: boolean;
}

export function useAsk(): Asking {
  const { url } = useSession();
  const { account, gateway } = useGateway();
  const stored = useStoredKeys(account, gateway);
  const isSet = useAuthentication();
  const has = (slug: string) => hasKey(stored.data ?? [], slug);
  const [to, setTo] = useUrlState("to", TARGETS.find((one) => one.env && has(one.id))?.id ?? LOCAL);
  const [named, setNamed] = useUrlState("model");
  const [auth, setAuth] = useUrlState("auth");
  const target = targetOf(to);
  const model = named || target.model;
  const provider = providerOf(target, model);
  const [keys, setKeys] = useUrlState("keys", has(provider) ? "stored" : "own");
  const isStored = keys === "stored";
  const isLocked = auth ? auth === "on" : isSet;
  const ask = useMemo(
    (): Ask => ({ url, account, gateway, target, model, keys: isStored ? "stored" : "own", isLocked }),
    [url, account, gateway, target, model, isStored, isLocked],
  );
  const change = (next: AskChange) => {
    if (next.target !== undefined) setTo(next.target);
    if (next.target !== undefined) setNamed("");
    if (next.model !== undefined) setNamed(next.model === target.model ? "" : next.model);
    if (next.keys !== undefined) setKeys(next.keys);
    if (next.isLocked !== undefined) setAuth(next.isLocked === isSet ? "" : next.isLocked ? "on" : "off");
  };
  const needsKey = target.env !== null && target.id !== ROUTER;
  return {
    ask,
    change,
    lacking: needsKey && isStored && !has(provider) ? provider : null,
    isPending: stored.isPending,
  };
}

function useAuthentication(): boolean {
  const { account, gateway } = useGateway();
  const found = api.useQuery("get", "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}", {
    params: { path: { account_id: account, gateway_id: gateway } },
  });
  return found.data?.result.authentication ?? false;
}

const hasKey = (keys: readonly StoredKey[], slug: string): boolean =>
  usedOf(keys.filter((key) => key.provider_slug === slug)) !== null;

/** Whose key it takes. */
export const providerOf = (target: Target, model: string): string =>
  target.id === COMPAT ? (model.split("/")[0] ?? "") : target.id;
