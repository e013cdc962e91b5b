/** Header fields that go with each request, in place of the caller's. */

import { Button } from "@cloudflare/kumo/components/button";
import { Input } from "@cloudflare/kumo/components/input";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { XIcon } from "@phosphor-icons/react/X";
import { type HeaderRow, HIDDEN, nextRow } from "@/pages/custom-providers/headers";

interface HeadersEditorProps {
  rows: HeaderRow[];
  onChange: (rows: HeaderRow[]) => void;
}

export function HeadersEditor({ rows, onChange }: HeadersEditorProps) {
  const set = (id: number, changes: Partial<HeaderRow>) =>
    onChange(rows.map((row) => (row.id === id ? { ...row, ...changes } : row)));
  return (
    <fieldset className="m-0 flex min-w-0 flex-col gap-2 border-0 p-0">
      <legend className="mb-2 p-0 text-base font-medium">Headers</legend>
      {rows.map((row, place) => (
        <div key={row.id} className="flex items-center gap-2">
          <Input
            aria-label={`Name of header ${place + 1}`}
            placeholder="authorization"
            autoComplete="off"
            spellCheck={false}
            className="min-w-0 flex-1"
            value={row.name}
            onChange={(event) => set(row.id, { name: event.target.value })}
          />
          <Input
            aria-label={`Value of header ${place + 1}`}
            placeholder={row.value === HIDDEN ? undefined : "Bearer …"}
            autoComplete="off"
            spellCheck={false}
            className="min-w-0 flex-[2]"
            value={row.value}
            onChange={(event) => set(row.id, { value: event.target.value })}
          />
          <Button
            type="button"
            variant="ghost"
            shape="square"
            aria-label={`Remove header ${row.name || place + 1}`}
            icon={<XIcon size={16} />}
            onClick={() => onChange(rows.filter((one) => one.id !== row.id))}
          />
        </div>
      ))}
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Button type="button" size="sm" icon={<PlusIcon />} onClick={() => onChange([...rows, nextRow(rows)])}>
          Add a header
        </Button>
        <p className="m-0 min-w-0 flex-1 basis-48 text-sm leading-snug text-kumo-subtle">
          They go with each request, in place of the caller's. Secrets are sealed, and shown as {HIDDEN} from then on.
        </p>
      </div>
    </fieldset>
  );
}
