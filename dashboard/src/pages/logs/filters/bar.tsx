/** All that narrows the list: search, filters, those of one click, the span of time. */

import { Button } from "@cloudflare/kumo/components/button";
import { Popover } from "@cloudflare/kumo/components/popover";
import { FunnelIcon } from "@phosphor-icons/react/Funnel";
import { XIcon } from "@phosphor-icons/react/X";
import { type RefObject, useState } from "react";
import type { Place } from "@/pages/logs/api";
import { Editor } from "@/pages/logs/filters/editor";
import type { Filter } from "@/pages/logs/filters/keys";
import { added, isSame, QUICK, toggled } from "@/pages/logs/filters/quick";
import { SearchBox } from "@/pages/logs/filters/search-box";
import { SpanPicker } from "@/pages/logs/filters/span-picker";
import { inWords } from "@/pages/logs/filters/words";
import { conditionsOf, isNarrowed, type Selection, widened, withConditions } from "@/pages/logs/selection";

interface BarProps {
  place: Place;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  search: RefObject<HTMLInputElement | null>;
}

export function Bar({ place, selection, onSelection, search }: BarProps) {
  const conditions = conditionsOf(selection);
  const set = (next: Filter[]) => onSelection(withConditions(selection, next));
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <SearchBox
          field={search}
          search={selection.search}
          onSearch={(text) => onSelection({ ...selection, search: text })}
          onFilter={(filter) => onSelection({ ...withConditions(selection, added(conditions, [filter])) })}
        />
        <Adding place={place} onAdd={(more) => set(added(conditions, more))} />
        <SpanPicker selection={selection} onSelection={onSelection} />
      </div>
      <div className="flex flex-wrap items-center gap-1.5">
        {QUICK.map(([label, filter]) => {
          const isOn = conditions.some((one) => isSame(one, filter));
          return (
            <button
              key={label}
              type="button"
              aria-pressed={isOn}
              onClick={() => set(toggled(conditions, filter))}
              className={`cursor-pointer rounded-full border px-2.5 py-1 text-xs ${
                isOn
                  ? "border-kumo-brand bg-kumo-tint font-medium text-kumo-brand"
                  : "border-kumo-line bg-kumo-base text-kumo-default hover:bg-kumo-tint"
              }`}
            >
              {label}
            </button>
          );
        })}
        {conditions
          .filter((one) => !QUICK.some(([, filter]) => isSame(one, filter)))
          .map((one) => (
            <Chip
              key={JSON.stringify(one)}
              place={place}
              filter={one}
              onChange={(next) => set(conditions.flatMap((old) => (old === one ? next : [old])))}
            />
          ))}
        {isNarrowed(selection) && (
          <Button size="xs" variant="ghost" onClick={() => onSelection(widened(selection))}>
            Clear all
          </Button>
        )}
      </div>
    </div>
  );
}

function Adding({ place, onAdd }: { place: Place; onAdd: (filters: Filter[]) => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger render={<Button icon={<FunnelIcon size={15} />}>Filter</Button>} />
      <Popover.Content align="start">
        <Popover.Title className="sr-only">Add a filter</Popover.Title>
        <Editor
          place={place}
          onDone={(filters) => {
            onAdd(filters);
            setOpen(false);
          }}
        />
      </Popover.Content>
    </Popover>
  );
}

interface ChipProps {
  place: Place;
  filter: Filter;
  /** No filter takes it out. */
  onChange: (filters: Filter[]) => void;
}

function Chip({ place, filter, onChange }: ChipProps) {
  const [isOpen, setOpen] = useState(false);
  const words = inWords(filter);
  return (
    <span className="inline-flex max-w-full items-center rounded-full border border-kumo-brand bg-kumo-tint text-xs text-kumo-brand">
      <Popover open={isOpen} onOpenChange={setOpen}>
        <Popover.Trigger
          render={
            <button
              type="button"
              title={words}
              className="min-w-0 cursor-pointer truncate border-0 bg-transparent py-1 pl-2.5 text-inherit"
            >
              {words}
            </button>
          }
        />
        <Popover.Content align="start">
          <Popover.Title className="sr-only">Change the filter</Popover.Title>
          <Editor
            place={place}
            filter={filter}
            onDone={(filters) => {
              setOpen(false);
              onChange(filters);
            }}
            onRemove={() => onChange([])}
          />
        </Popover.Content>
      </Popover>
      <button
        type="button"
        aria-label={`Remove the filter: ${words}`}
        onClick={() => onChange([])}
        className="cursor-pointer border-0 bg-transparent py-1.5 pr-2 pl-1.5 leading-none text-inherit"
      >
        <XIcon size={11} aria-hidden />
      </button>
    </span>
  );
}
