/** Names with a text each, such as header fields. */

import { Button } from "@cloudflare/kumo/components/button";
import { TrashIcon } from "@phosphor-icons/react/Trash";
import { useState } from "react";
import { Entry } from "@/ui/entry";

interface PairsProps {
  label: string;
  /** One of them, such as `header`. */
  noun: string;
  about: string;
  pairs: Record<string, string>;
  onChange: (pairs: Record<string, string>) => void;
  error?: string | undefined;
  isReadOnly: boolean;
}

export function Pairs({ label, noun, about, pairs, onChange, error, isReadOnly }: PairsProps) {
  const [name, setName] = useState("");
  const isTaken = Object.hasOwn(pairs, name.trim());
  const add = () => {
    if (!name.trim() || isTaken) return;
    onChange({ ...pairs, [name.trim()]: "" });
    setName("");
  };
  return (
    <fieldset className="m-0 min-w-0 border-0 p-0">
      <legend className="p-0 text-sm font-medium">{label}</legend>
      <p className="m-0 mb-2 text-xs text-kumo-subtle">{about}</p>
      <div className="flex flex-col gap-2">
        {Object.entries(pairs).map(([key, value]) => (
          <div key={key} className="grid grid-cols-[minmax(0,12rem)_minmax(0,1fr)_auto] items-center gap-2">
            <code className="truncate font-mono text-xs" title={key}>
              {key}
            </code>
            <Entry
              label={`Value of ${key}`}
              value={value}
              onChange={(next) => onChange({ ...pairs, [key]: next })}
              isMono
              isDisabled={isReadOnly}
            />
            {!isReadOnly && (
              <Button
                variant="ghost"
                shape="square"
                aria-label={`Remove ${noun} ${key}`}
                icon={<TrashIcon size={16} />}
                onClick={() => {
                  const { [key]: _, ...others } = pairs;
                  onChange(others);
                }}
              />
            )}
          </div>
        ))}
        {!isReadOnly && (
          <div className="flex items-start gap-2">
            <Entry
              label={`Name of another ${noun}`}
              value={name}
              onChange={setName}
              placeholder={`Name of another ${noun}`}
              isMono
              error={isTaken && name ? "It is there already" : undefined}
              className="w-full max-w-64"
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                event.preventDefault();
                add();
              }}
            />
            <Button onClick={add} disabled={!name.trim() || isTaken}>
              Add
            </Button>
          </div>
        )}
      </div>
      {error && <p className="m-0 mt-1 text-xs text-kumo-danger">{error}</p>}
    </fieldset>
  );
}
