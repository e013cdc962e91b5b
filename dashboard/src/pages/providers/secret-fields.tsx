/** Where a key is typed or pasted, once. */

import { type ChangeEvent, useId } from "react";
import type { Provider } from "@/pages/providers/provider";
import { type SecretDraft, SHAPES } from "@/pages/providers/secret";
import { Choice } from "@/ui/choice";
import { Entry } from "@/ui/entry";
import { LongEntry } from "@/ui/long-entry";

interface SecretFieldsProps {
  provider: Provider;
  draft: SecretDraft;
  /** The end of the one that is there. */
  kept: string | undefined;
  onChange: (draft: SecretDraft) => void;
  problems: Record<string, string>;
}

export function SecretFields({ provider, draft, kept, onChange, problems }: SecretFieldsProps) {
  const change = (changes: Partial<SecretDraft>) => onChange({ ...draft, ...changes });
  const shapes = SHAPES[provider.slug];
  const stays = kept && `${kept} stays where nothing is typed`;
  return (
    <>
      {shapes && (
        <Choice
          label="Kind of key"
          isLabelled
          value={draft.shape}
          options={shapes}
          onChange={(shape) => change({ shape })}
          className="w-full"
        />
      )}
      {draft.shape === "plain" && (
        <Entry
          label="Key"
          isLabelled
          isSecret
          value={draft.text}
          onChange={(text) => change({ text })}
          placeholder={stays ?? provider.key_hint ?? "typed or pasted once"}
          error={problems.text}
        />
      )}
      {draft.shape === "aws" && <AwsFields draft={draft} change={change} problems={problems} stays={stays} />}
      {draft.shape === "google" && <AccountField draft={draft} change={change} problems={problems} stays={stays} />}
      {draft.shape !== "plain" && (
        <Entry
          label="Region"
          isLabelled
          value={draft.region}
          onChange={(region) => change({ region })}
          placeholder={draft.shape === "aws" ? "us-east-1, where none is said" : "global, where none is said"}
        />
      )}
      {provider.slug === "azure-openai" && (
        <p className="m-0 text-xs text-kumo-subtle">
          The key of the resource in Azure. Resource and deployment stand in the path of each request:{" "}
          <code className="font-mono">azure-openai/RESOURCE/DEPLOYMENT/chat/completions?api-version=…</code>
        </p>
      )}
    </>
  );
}

interface PartProps {
  draft: SecretDraft;
  change: (changes: Partial<SecretDraft>) => void;
  problems: Record<string, string>;
  stays: string | undefined;
}

function AwsFields({ draft, change, problems, stays }: PartProps) {
  return (
    <>
      <Entry
        label="Access key id"
        isLabelled
        isMono
        value={draft.accessKeyId}
        onChange={(accessKeyId) => change({ accessKeyId })}
        placeholder={stays ?? "AKIA…"}
        error={problems.accessKeyId}
      />
      <Entry
        label="Secret access key"
        isLabelled
        isSecret
        value={draft.secretAccessKey}
        onChange={(secretAccessKey) => change({ secretAccessKey })}
        error={problems.secretAccessKey}
      />
      <Entry
        label="Session token"
        isLabelled
        isSecret
        value={draft.sessionToken}
        onChange={(sessionToken) => change({ sessionToken })}
        placeholder="where there is one"
      />
    </>
  );
}

function AccountField({ draft, change, problems, stays }: PartProps) {
  const id = useId();
  const choose = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    if (file) change({ text: await file.text() });
  };
  return (
    <div className="flex flex-col gap-2">
      <LongEntry
        label="Service account, as JSON"
        isLabelled
        isMono
        rows={5}
        value={draft.text}
        placeholder={stays ?? '{"type": "service_account", "client_email": …, "private_key": …}'}
        error={problems.text}
        onChange={(text) => change({ text })}
      />
      <label htmlFor={id} className="text-xs text-kumo-subtle">
        or its file: <input id={id} type="file" accept="application/json,.json" onChange={choose} className="text-xs" />
      </label>
    </div>
  );
}
