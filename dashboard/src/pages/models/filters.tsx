/** What the list of models is narrowed by. */

import { Button } from "@cloudflare/kumo/components/button";
import { FunnelSimpleIcon } from "@phosphor-icons/react/FunnelSimple";
import { MagnifyingGlassIcon } from "@phosphor-icons/react/MagnifyingGlass";
import { useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { useTyped } from "@/lib/typed";
import { useUrlChange } from "@/lib/url-state";
import type { Model } from "@/pages/models/data";
import { ABILITIES, authorOf, countFilters, FILTERS, SORTS, tally, type Wishes } from "@/pages/models/wishes";
import { Choice } from "@/ui/choice";

const CONTEXTS: [string, string][] = [
  ["0", "Any context"],
  ["32000", "32K and more"],
  ["128000", "128K and more"],
  ["200000", "200K and more"],
  ["1000000", "1M and more"],
];
const PRICES: [string, string][] = [
  ["", "Any price"],
  ["0", "Free"],
  ["0.5", "$0.50/M and less"],
  ["2", "$2/M and less"],
  ["10", "$10/M and less"],
];
const REACHES: [string, string][] = [
  ["keys", "What my keys reach"],
  ["all", "All that are known"],
];

interface FiltersProps {
  models: readonly Model[];
  wishes: Wishes;
}

export function Filters({ models, wishes }: FiltersProps) {
  const [query] = useSearchParams();
  const change = useUrlChange();
  const [isOpen, setOpen] = useState(false);
  const set = countFilters(query);
  const more = set - (wishes.q ? 1 : 0);
  const reset = () => change(Object.fromEntries(FILTERS.map((name) => [name, null])));
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <Search text={wishes.q} onChange={(q) => change({ q: q || null })} />
        <Choice
          label="Which models"
          value={wishes.isReached ? "keys" : "all"}
          options={REACHES}
          onChange={(reach) => change({ reach: reach === "all" ? "all" : null })}
        />
        <Choice
          label="Order"
          value={wishes.sort}
          options={SORTS}
          onChange={(sort) => change({ sort: sort === "newest" ? null : sort })}
        />
        <Button
          className="lg:hidden"
          icon={<FunnelSimpleIcon />}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {more ? `Filters (${more})` : "Filters"}
        </Button>
      </div>
      <div className={`${isOpen ? "flex" : "hidden"} flex-wrap items-center gap-2 lg:flex`}>
        <Lists models={models} wishes={wishes} />
        <Abilities wishes={wishes} />
        {set > 0 && (
          <Button size="sm" variant="ghost" onClick={reset}>
            Reset
          </Button>
        )}
      </div>
    </div>
  );
}

function Search({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const [typed, type, leave] = useTyped(text);
  return (
    <label className="relative min-w-48 flex-1 sm:max-w-sm">
      <span className="sr-only">Search models</span>
      <MagnifyingGlassIcon
        size={15}
        aria-hidden
        className="absolute top-1/2 left-2.5 -translate-y-1/2 text-kumo-subtle"
      />
      <input
        type="search"
        value={typed}
        onChange={(event) => {
          type(event.target.value);
          onChange(event.target.value);
        }}
        onBlur={leave}
        placeholder="Search by name…"
        className="h-9 w-full rounded-md border border-kumo-line bg-kumo-control pr-2.5 pl-8 text-sm text-kumo-default placeholder:text-kumo-placeholder"
      />
    </label>
  );
}

function Lists({ models, wishes }: FiltersProps) {
  const change = useUrlChange();
  const lists = useMemo(() => {
    const seen = wishes.isReached ? models.filter((one) => one.is_reached) : models;
    return {
      authors: optionsOf("Any author", seen.map(authorOf), wishes.author),
      inputs: optionsOf(
        "Takes anything",
        seen.flatMap((one) => one.input_modalities),
        wishes.input,
      ),
      outputs: optionsOf(
        "Gives anything",
        seen.flatMap((one) => one.output_modalities),
        wishes.output,
      ),
      providers: optionsOf("Any provider", seen.flatMap(providersOf), wishes.provider),
    };
  }, [models, wishes]);
  return (
    <>
      <Choice
        label="Author"
        value={wishes.author}
        options={lists.authors}
        onChange={(author) => change({ author: author || null })}
      />
      <Choice
        label="Provider"
        value={wishes.provider}
        options={lists.providers}
        onChange={(provider) => change({ provider: provider || null })}
      />
      <Choice
        label="Takes"
        value={wishes.input}
        options={lists.inputs}
        onChange={(one) => change({ in: one || null })}
      />
      <Choice
        label="Gives"
        value={wishes.output}
        options={lists.outputs}
        onChange={(one) => change({ out: one || null })}
      />
      <Choice
        label="Context"
        value={String(wishes.context)}
        options={CONTEXTS}
        onChange={(context) => change({ context: context === "0" ? null : context })}
      />
      <Choice
        label="Price of a prompt"
        value={wishes.price === null ? "" : String(wishes.price)}
        options={PRICES}
        onChange={(price) => change({ price: price || null })}
      />
    </>
  );
}

const providersOf = (model: Model): string[] => [...new Set(model.endpoints.map((place) => place.provider))];

/** With how many there are of each; the chosen one is there also where it is none of them. */
function optionsOf(any: string, names: string[], chosen: string): [string, string][] {
  const counted = tally(names);
  if (chosen && !counted.some(([name]) => name === chosen)) counted.push([chosen, 0]);
  return [["", any], ...counted.map(([name, count]): [string, string] => [name, `${name} (${count})`])];
}

function Abilities({ wishes }: { wishes: Wishes }) {
  const change = useUrlChange();
  const toggle = (name: string) => {
    const after = wishes.takes.includes(name) ? wishes.takes.filter((one) => one !== name) : [...wishes.takes, name];
    change({ takes: after.join(",") || null });
  };
  return (
    <fieldset className="m-0 flex min-w-0 flex-wrap gap-1.5 border-0 p-0">
      <legend className="sr-only">Abilities</legend>
      {ABILITIES.map(([name, label]) => (
        <Toggle key={name} label={label} isOn={wishes.takes.includes(name)} onChange={() => toggle(name)} />
      ))}
      <Toggle label="Keeps nothing" isOn={wishes.isZdr} onChange={() => change({ zdr: wishes.isZdr ? null : "yes" })} />
    </fieldset>
  );
}

function Toggle({ label, isOn, onChange }: { label: string; isOn: boolean; onChange: () => void }) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onChange}
      className={`h-8 cursor-pointer rounded-full border px-3 text-xs ${
        isOn
          ? "border-kumo-brand bg-kumo-tint font-medium text-kumo-brand"
          : "border-kumo-line bg-kumo-base text-kumo-default hover:bg-kumo-tint"
      }`}
    >
      {label}
    </button>
  );
}
