/** Which model a column asks: one of the known ones, or whatever is typed. */

import { Autocomplete } from "@base-ui/react/autocomplete";
import { useMemo } from "react";
import { usd } from "@/lib/format";
import { matching, type Suggestion } from "@/pages/playground/suggestions";
import { Badge } from "@/ui/badge";

interface ModelInputProps {
  label: string;
  value: string;
  suggestions: readonly Suggestion[];
  onChange: (value: string) => void;
}

const MOST = 60;

export function ModelInput({ label, value, suggestions, onChange }: ModelInputProps) {
  const shown = useMemo(() => matching(suggestions, value, MOST), [suggestions, value]);
  return (
    <Autocomplete.Root
      items={suggestions}
      filteredItems={shown}
      value={value}
      onValueChange={(text) => onChange(text.trim())}
      itemToStringValue={(one: Suggestion) => one.value}
      openOnInputClick
    >
      <Autocomplete.Input
        aria-label={label}
        title={value}
        placeholder="provider/model"
        spellCheck={false}
        autoComplete="off"
        className="h-8 w-full min-w-0 rounded-md border border-kumo-line bg-kumo-control px-2.5 font-mono text-xs text-kumo-default placeholder:text-kumo-placeholder"
      />
      <Autocomplete.Portal>
        <Autocomplete.Positioner sideOffset={4} align="start" className="z-50">
          <Autocomplete.Popup className="max-h-[min(24rem,var(--available-height))] w-[min(26rem,calc(100vw-1.5rem))] overflow-y-auto rounded-lg border border-kumo-line bg-kumo-base p-1 shadow-lg">
            <Autocomplete.Empty className="px-2.5 py-2 text-xs text-kumo-subtle empty:hidden">
              No model is known by that name. It is asked for as it is typed.
            </Autocomplete.Empty>
            <Autocomplete.List>
              {(one: Suggestion) => (
                <Autocomplete.Item
                  key={one.value}
                  value={one}
                  className="cursor-pointer rounded-md px-2.5 py-1.5 data-highlighted:bg-kumo-tint"
                >
                  <span className="flex items-center justify-between gap-2">
                    <span className="truncate font-mono text-xs">{one.value}</span>
                    {!one.isReached && <Badge title="No key is stored for this provider">no key</Badge>}
                  </span>
                  <span className="flex justify-between gap-2 text-xs text-kumo-subtle">
                    <span className="truncate">{one.name}</span>
                    <span className="tabular shrink-0">
                      {one.input || one.output ? `${usd(one.input)} in, ${usd(one.output)} out /M` : "free"}
                    </span>
                  </span>
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Popup>
        </Autocomplete.Positioner>
      </Autocomplete.Portal>
    </Autocomplete.Root>
  );
}
