/** What a spend limit counts: all, each value by itself, or only some. */

import { Button } from "@cloudflare/kumo/components/button";
import { TrashIcon } from "@phosphor-icons/react/Trash";
import { useState } from "react";
import type { Scope } from "@/pages/settings/gateway";
import { Choice } from "@/ui/choice";
import { Entry } from "@/ui/entry";
import { Words } from "@/ui/words";

interface ScopeProps {
  label: string;
  each: string;
  placeholder: string;
  scope: Scope | null;
  onChange: (scope: Scope | null) => void;
  error?: string | undefined;
  isReadOnly: boolean;
}

export function ScopeChoice({ label, each, placeholder, scope, onChange, error, isReadOnly }: ScopeProps) {
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <Choice
        label={label}
        isLabelled
        value={scope?.mode ?? "all"}
        options={[
          ["all", "All together"],
          ["partition", each],
          ["filter", "Only some"],
        ]}
        onChange={(mode) => onChange(madeScope(mode))}
        isDisabled={isReadOnly}
        className="w-full"
      />
      {scope?.mode === "filter" && (
        <Words
          label={`${label} that count`}
          words={scope.values ?? []}
          onChange={(values) => onChange({ mode: "filter", values })}
          placeholder={placeholder}
          error={error}
          isDisabled={isReadOnly}
        />
      )}
    </div>
  );
}

const madeScope = (mode: "all" | Scope["mode"]): Scope | null =>
  mode === "all" ? null : mode === "filter" ? { mode, values: [] } : { mode, values: null };

interface MetadataProps {
  scopes: Record<string, Scope> | null;
  onChange: (scopes: Record<string, Scope> | null) => void;
  problem: (key: string) => string | undefined;
  isReadOnly: boolean;
}

export function MetadataScopes({ scopes, onChange, problem, isReadOnly }: MetadataProps) {
  const [key, setKey] = useState("");
  const all = scopes ?? {};
  const put = (name: string, scope: Scope | null) => {
    const { [name]: _, ...others } = all;
    const after = scope ? { ...all, [name]: scope } : others;
    onChange(Object.keys(after).length ? after : null);
  };
  const add = () => {
    const name = key.trim();
    if (name && !Object.hasOwn(all, name)) put(name, { mode: "partition", values: null });
    setKey("");
  };
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {Object.entries(all).map(([name, scope]) => (
        <div key={name} className="flex items-end gap-1">
          <div className="min-w-0 flex-1">
            <ScopeChoice
              label={`Metadata: ${name}`}
              each={`Each ${name} by itself`}
              placeholder="A value, Enter"
              scope={scope}
              onChange={(next) => put(name, next)}
              error={problem(name)}
              isReadOnly={isReadOnly}
            />
          </div>
          {!isReadOnly && (
            <Button
              variant="ghost"
              shape="square"
              aria-label={`Count all values of ${name}`}
              icon={<TrashIcon size={16} />}
              onClick={() => put(name, null)}
            />
          )}
        </div>
      ))}
      {!isReadOnly && (
        <div className="flex items-end gap-2">
          <Entry
            label={Object.keys(all).length ? "Another metadata key" : "Metadata"}
            isLabelled
            value={key}
            onChange={setKey}
            placeholder="A key, such as team"
            className="flex-1"
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              add();
            }}
          />
          <Button onClick={add} disabled={!key.trim()}>
            Add
          </Button>
        </div>
      )}
    </div>
  );
}
