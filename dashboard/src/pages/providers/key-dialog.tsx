/** Stores a provider's key, or puts another in its place; what is typed here is never shown again. */

import { useState } from "react";
import { client, refresh } from "@/api/client";
import { useSubmit } from "@/lib/submit";
import { type Shown, type StoredKey, usedOf } from "@/pages/providers/provider";
import {
  emptySecret,
  problemOfAlias,
  problemOfLimit,
  problemsOfSecret,
  type SecretDraft,
  secretOf,
} from "@/pages/providers/secret";
import { SecretFields } from "@/pages/providers/secret-fields";
import { ToggleEntry } from "@/pages/settings/control";
import { useGateway } from "@/shell/gateway";
import { Entry } from "@/ui/entry";
import { Form } from "@/ui/form";
import { Modal } from "@/ui/modal";
import { useNotify } from "@/ui/notices";
import { NumberEntry, SecondsEntry } from "@/ui/number-entry";

const CONFIGS = "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/provider_configs";
const MINUTE_S = 60;

interface KeyDialogProps {
  row: Shown;
  /** The one to change; null = another one. */
  stored: StoredKey | null;
  onClose: () => void;
}

interface Draft {
  alias: string;
  isDefault: boolean;
  secret: SecretDraft;
  limit: number | null;
  period: number | null;
}

export function KeyDialog({ row, stored, onClose }: KeyDialogProps) {
  const { provider, keys } = row;
  const [draft, setDraft] = useState<Draft>(() => draftOf(row, stored));
  const [isTried, setTried] = useState(false);
  const store = useStore(row, stored, onClose);
  const change = (changes: Partial<Draft>) => setDraft({ ...draft, ...changes });
  const isSecretGiven = !stored || hasSecret(draft.secret);
  const problems: Record<string, string> = isSecretGiven ? problemsOfSecret(draft.secret) : {};
  const taken = keys.filter((key) => key !== stored).map((key) => key.alias);
  const aliasProblem = stored ? null : problemOfAlias(draft.alias, taken);
  const now = usedOf(keys.filter((key) => key !== stored))?.alias;
  const limitProblem = problemOfLimit(draft.limit, draft.period);
  const isSound = Object.keys(problems).length === 0 && !aliasProblem && !limitProblem;
  const submit = useSubmit(async () => {
    setTried(true);
    if (isSound) await store(draft, isSecretGiven);
  });
  return (
    <Modal
      title={stored ? `Change ${stored.alias} of ${provider.name}` : `Add a key of ${provider.name}`}
      about="It is sealed on the server's disk, used within a second, and never shown again but for its end."
      onClose={onClose}
    >
      <Form submit={submit} action={stored ? "Save" : "Store the key"} onCancel={onClose}>
        <SecretFields
          provider={provider}
          draft={draft.secret}
          kept={stored?.secret_preview}
          onChange={(secret) => change({ secret })}
          problems={isTried ? problems : {}}
        />
        {!stored && (
          <Entry
            label="Alias"
            isLabelled
            value={draft.alias}
            onChange={(alias) => change({ alias })}
            placeholder="such as team-a; requests name it with cf-aig-byok-alias"
            error={(isTried && aliasProblem) || undefined}
          />
        )}
        <ToggleEntry
          label="Use it where a request names no alias"
          about={draft.isDefault && now ? `In place of ${now}, which stays stored.` : undefined}
          isOn={draft.isDefault}
          onChange={(isDefault) => change({ isDefault })}
        />
        <div className="grid gap-3 sm:grid-cols-2">
          <NumberEntry
            label="At most"
            isLabelled
            unit="requests"
            value={draft.limit}
            onChange={(limit) => change({ limit })}
            placeholder="no limit"
            error={(isTried && limitProblem) || undefined}
          />
          <SecondsEntry label="In any" isLabelled value={draft.period} onChange={(period) => change({ period })} />
        </div>
      </Form>
    </Modal>
  );
}

function draftOf({ provider, keys }: Shown, stored: StoredKey | null): Draft {
  const isFirst = keys.length === 0;
  return {
    alias: stored?.alias ?? (isFirst ? "default" : ""),
    isDefault: stored?.default_config ?? isFirst,
    secret: emptySecret(provider.slug),
    limit: stored?.rate_limit ?? null,
    period: stored?.rate_limit_period ?? MINUTE_S,
  };
}

const hasSecret = ({ shape: _, ...texts }: SecretDraft): boolean => Object.values(texts).some((text) => text.trim());

/** ApiError where the server does not take it. */
function useStore({ provider }: Shown, stored: StoredKey | null, onClose: () => void) {
  const { account, gateway } = useGateway();
  const notify = useNotify();
  return async (draft: Draft, isSecretGiven: boolean) => {
    const path = { account_id: account, gateway_id: gateway };
    const common = {
      default_config: draft.isDefault,
      rate_limit: draft.limit,
      rate_limit_period: draft.period ?? MINUTE_S,
      ...(isSecretGiven && { secret: secretOf(draft.secret) }),
    };
    if (stored) {
      const one = { ...path, provider_config_id: stored.id };
      await client.PUT(`${CONFIGS}/{provider_config_id}`, { params: { path: one }, body: common });
    } else {
      const body = { ...common, secret: secretOf(draft.secret), secret_id: null };
      const wish = { ...body, provider_slug: provider.slug, alias: draft.alias };
      await client.POST(CONFIGS, { params: { path }, body: wish });
    }
    notify.done(stored ? `The key ${stored.alias} is changed` : "The key is stored", "It is used within a second.");
    // Before it closes: to a list without this key the next one would be the first, and so the default.
    await refresh();
    onClose();
  };
}
