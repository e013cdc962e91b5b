import { Button } from "@cloudflare/kumo/components/button";
import { PRESETS } from "@/lib/time-range";
import { useUrlChange } from "@/lib/url-state";
import { FILTERS, type Filter, type Filters, isAny } from "@/pages/audit/filters";
import { RESOURCES } from "@/pages/audit/words";
import { Choice } from "@/ui/choice";
import { FilterEntry } from "@/ui/filter-entry";

const ACTIONS: [string, string][] = [
  ["", "Any action"],
  ["create", "Created"],
  ["update", "Updated"],
  ["delete", "Deleted"],
  ["login", "Signed in"],
  ["logout", "Signed out"],
];

const INTERFACES: [string, string][] = [
  ["", "From anywhere"],
  ["UI", "Dashboard"],
  ["API", "API"],
  ["CLI", "Command line"],
  ["SYSTEM", "The server itself"],
];

const RANGES: [string, string][] = [
  ["", "Any time"],
  ...PRESETS.map((one): [string, string] => [one.name, one.label]),
  ["custom", "Days…"],
];

const TYPES: [string, string][] = [["", "Any resource"], ...Object.entries(RESOURCES)];

export function FilterBar({ filters }: { filters: Filters }) {
  const change = useUrlChange();
  const set = (name: Filter) => (value: string) => change({ [name]: value || null, page: null });
  return (
    <search className="flex flex-wrap items-center gap-2">
      <Choice label="Time" value={filters.range} options={RANGES} onChange={set("range")} />
      {filters.range === "custom" && (
        <>
          <Day label="From this day" value={filters.from} onChange={set("from")} />
          <Day label="To the end of this day" value={filters.to} onChange={set("to")} />
        </>
      )}
      <Choice label="Action" value={filters.action} options={ACTIONS} onChange={set("action")} />
      <Choice
        label="Resource"
        value={filters.type}
        options={filters.type in RESOURCES || !filters.type ? TYPES : [...TYPES, [filters.type, filters.type]]}
        onChange={set("type")}
      />
      <Choice label="Interface" value={filters.interface} options={INTERFACES} onChange={set("interface")} />
      <FilterEntry label="Actor: an id or a name" placeholder="Actor" value={filters.actor} onChange={set("actor")} />
      <FilterEntry label="Id of the resource" placeholder="Resource id" value={filters.id} onChange={set("id")} />
      {isAny(filters) && (
        <Button
          variant="ghost"
          onClick={() => change({ ...Object.fromEntries(FILTERS.map((name) => [name, null])), page: null })}
        >
          Clear
        </Button>
      )}
    </search>
  );
}

function Day({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <input
      type="date"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      className="h-9 rounded-md border border-kumo-line bg-kumo-control px-2 text-sm text-kumo-default"
    />
  );
}
