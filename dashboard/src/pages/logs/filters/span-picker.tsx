/** Any time, the last hours or days, or from one moment to another. */

import { Button } from "@cloudflare/kumo/components/button";
import { Popover } from "@cloudflare/kumo/components/popover";
import { CalendarBlankIcon } from "@phosphor-icons/react/CalendarBlank";
import { type FormEvent, useState } from "react";
import { moment } from "@/lib/format";
import { PRESETS } from "@/lib/time-range";
import { ANY_TIME, type Selection } from "@/pages/logs/selection";

interface SpanPickerProps {
  selection: Selection;
  onSelection: (selection: Selection) => void;
}

const CHOICES = [{ name: ANY_TIME, label: "Any time" }, ...PRESETS];

export function SpanPicker({ selection, onSelection }: SpanPickerProps) {
  const [isOpen, setOpen] = useState(false);
  const choose = (range: string, from: string | null = null, to: string | null = null) => {
    setOpen(false);
    onSelection({ ...selection, range, from, to });
  };
  return (
    <Popover open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger render={<Button icon={<CalendarBlankIcon size={15} />}>{labelOf(selection)}</Button>} />
      <Popover.Content align="end">
        <Popover.Title className="sr-only">Span of time</Popover.Title>
        <div className="flex w-64 flex-col gap-3">
          <ul className="m-0 list-none p-0">
            {CHOICES.map(({ name, label }) => (
              <li key={name}>
                <button
                  type="button"
                  aria-pressed={selection.range === name}
                  onClick={() => choose(name)}
                  className={`w-full cursor-pointer rounded border-0 px-2 py-1.5 text-left text-sm text-kumo-default hover:bg-kumo-tint ${
                    selection.range === name ? "bg-kumo-tint font-medium" : "bg-transparent"
                  }`}
                >
                  {label}
                </button>
              </li>
            ))}
          </ul>
          <Custom selection={selection} onChoose={(from, to) => choose("custom", from, to)} />
        </div>
      </Popover.Content>
    </Popover>
  );
}

interface CustomProps {
  selection: Selection;
  onChoose: (from: string | null, to: string | null) => void;
}

function Custom({ selection, onChoose }: CustomProps) {
  const [from, setFrom] = useState(toLocal(selection.from));
  const [to, setTo] = useState(toLocal(selection.to));
  const isWrong = from !== "" && to !== "" && from >= to;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isWrong && (from || to)) onChoose(toUtc(from), toUtc(to));
  };
  const field = "h-9 rounded-md border border-kumo-line bg-kumo-control px-2 text-sm text-kumo-default";
  return (
    <form onSubmit={submit} className="flex flex-col gap-2 border-t border-kumo-hairline pt-3">
      <label className="flex flex-col gap-1 text-xs text-kumo-subtle">
        From
        <input type="datetime-local" value={from} onChange={(event) => setFrom(event.target.value)} className={field} />
      </label>
      <label className="flex flex-col gap-1 text-xs text-kumo-subtle">
        To
        <input type="datetime-local" value={to} onChange={(event) => setTo(event.target.value)} className={field} />
      </label>
      {isWrong && <p className="m-0 text-xs text-kumo-danger">The beginning is after the end.</p>}
      <Button type="submit" size="sm" disabled={isWrong || (!from && !to)}>
        Show this span
      </Button>
    </form>
  );
}

export function labelOf({ range, from, to }: Selection): string {
  if (range !== "custom") return CHOICES.find((one) => one.name === range)?.label ?? "Any time";
  if (from && to) return `${moment(from, "minute")} – ${moment(to, "minute")}`;
  return from ? `Since ${moment(from, "minute")}` : `Until ${moment(to, "minute")}`;
}

const MINUTE = 16;

/** As the field has it, in the viewer's zone. */
function toLocal(iso: string | null): string {
  if (!iso) return "";
  const date = new Date(iso);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, MINUTE);
}

function toUtc(local: string): string | null {
  const ms = local ? Date.parse(local) : Number.NaN;
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
