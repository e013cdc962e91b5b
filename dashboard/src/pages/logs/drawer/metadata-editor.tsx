/** Up to five entries of metadata, given afterwards. */

import { Button } from "@cloudflare/kumo/components/button";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { TrashIcon } from "@phosphor-icons/react/Trash";
import { type FormEvent, useState } from "react";
import { changeLog, type Place } from "@/pages/logs/api";
import { useLogChange } from "@/pages/logs/drawer/use-log-change";
import { entriesOf, typed } from "@/pages/logs/metadata";
import type { LogRow, Trace } from "@/pages/logs/types";

interface MetadataEditorProps {
  place: Place;
  log: Trace;
  onChanged: (changes: Partial<LogRow>) => void;
  onClose: () => void;
}

interface Entry {
  /** Of its line on the page. */
  id: number;
  key: string;
  value: string;
}

const MOST = 5;
const FIELD =
  "h-8 min-w-0 flex-1 rounded-md border border-kumo-line bg-kumo-control px-2 text-sm text-kumo-default placeholder:text-kumo-placeholder";

export function MetadataEditor({ place, log, onChanged, onClose }: MetadataEditorProps) {
  const [entries, setEntries] = useState<Entry[]>(() =>
    entriesOf(log.metadata).map(([key, value], id) => ({ id, key, value })),
  );
  const { isBusy, change } = useLogChange();
  const set = (id: number, given: Partial<Entry>) =>
    setEntries(entries.map((one) => (one.id === id ? { ...one, ...given } : one)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const named = entries.filter((one) => one.key.trim() !== "");
    const metadata = Object.fromEntries(named.map((one) => [one.key.trim(), typed(one.value)]));
    void change(
      () => changeLog(place, log.id, { metadata: named.length ? metadata : null }),
      "The metadata is kept",
      () => {
        onChanged({ metadata: JSON.stringify(metadata) });
        onClose();
      },
    );
  };
  const add = () =>
    setEntries([...entries, { id: Math.max(-1, ...entries.map((one) => one.id)) + 1, key: "", value: "" }]);
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <h3 className="m-0 text-sm font-semibold">Metadata</h3>
      {entries.map((one, index) => (
        <div key={one.id} className="flex items-center gap-2">
          <input
            aria-label={`Key of entry ${index + 1}`}
            placeholder="Key"
            value={one.key}
            onChange={(event) => set(one.id, { key: event.target.value })}
            className={FIELD}
          />
          <input
            aria-label={`Value of entry ${index + 1}`}
            placeholder="Value"
            value={one.value}
            onChange={(event) => set(one.id, { value: event.target.value })}
            className={FIELD}
          />
          <Button
            type="button"
            size="sm"
            variant="ghost"
            shape="square"
            aria-label={`Take out entry ${index + 1}`}
            icon={<TrashIcon size={14} />}
            onClick={() => setEntries(entries.filter((other) => other.id !== one.id))}
          />
        </div>
      ))}
      <div className="flex flex-wrap justify-between gap-2">
        <Button type="button" size="sm" icon={<PlusIcon size={14} />} disabled={entries.length >= MOST} onClick={add}>
          {entries.length >= MOST ? "Five are the most" : "Add an entry"}
        </Button>
        <span className="flex gap-2">
          <Button type="button" size="sm" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" size="sm" variant="primary" loading={isBusy}>
            Keep
          </Button>
        </span>
      </div>
    </form>
  );
}
