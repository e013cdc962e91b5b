/** What is looked at: a break-down and filters, each one choice; those that are more stand as words to take away. */

import { XIcon } from "@phosphor-icons/react/X";
import type { LogFilter } from "@/lib/log-link";
import { useUrlChange } from "@/lib/url-state";
import { type Choice, narrowed, simpleValue, withMetadata } from "@/pages/analytics/choice";
import type { useOptions } from "@/pages/analytics/figures";
import { labelOf } from "@/pages/analytics/split-specs";
import { Choice as Select } from "@/ui/choice";

interface FiltersProps {
  choice: Choice;
  options: ReturnType<typeof useOptions>;
}

const CLASSES = ["2xx", "4xx", "5xx"];
const ANY = " any";

export function Filters({ choice, options }: FiltersProps) {
  const change = useUrlChange();
  const { filters } = choice;
  const setFilters = (after: LogFilter[]) => change({ filters: after.length > 0 ? JSON.stringify(after) : null });
  const setSimple = (key: string, value: string) => {
    const rest = filters.filter((one) => one.key !== key);
    if (value === ANY) return setFilters(rest);
    setFilters(narrowed(rest, key, "eq", [key === "cached" ? value === "true" : value]));
  };
  const key = simpleValue(filters, "metadata.key");
  const value = simpleValue(filters, "metadata.value");
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Select
        label="Break down by"
        value={choice.by === "metadata" ? `metadata:${choice.key}` : choice.by}
        onChange={(by) => change({ by: by || null })}
        options={breaks(choice, options.keys)}
      />
      <Select
        label="Model"
        value={simpleValue(filters, "model") ?? ANY}
        onChange={(chosen) => setSimple("model", chosen)}
        options={withAny("All models", options.models, simpleValue(filters, "model"))}
      />
      <Select
        label="Provider"
        value={simpleValue(filters, "provider") ?? ANY}
        onChange={(chosen) => setSimple("provider", chosen)}
        options={withAny("All providers", options.providers, simpleValue(filters, "provider"))}
      />
      <Select
        label="Status"
        value={choice.status || ANY}
        onChange={(chosen) => change({ status: chosen === ANY ? null : chosen })}
        options={withAny("Any status", [...CLASSES, ...options.statuses], choice.status || null)}
      />
      <Select
        label="Cache"
        value={simpleValue(filters, "cached") ?? ANY}
        onChange={(chosen) => setSimple("cached", chosen)}
        options={[
          [ANY, "Cached or not"],
          ["true", "From the cache"],
          ["false", "Not from the cache"],
        ]}
      />
      {(options.keys.length > 0 || key !== null) && (
        <Select
          label="Key of the metadata"
          value={key ?? ANY}
          onChange={(chosen) => setFilters(withMetadata(filters, chosen === ANY ? "" : chosen, null))}
          options={withAny("Any metadata", options.keys, key)}
        />
      )}
      {key !== null && (
        <Select
          label={`Value of ${key}`}
          value={value ?? ANY}
          onChange={(chosen) => setFilters(withMetadata(filters, key, chosen === ANY ? null : chosen))}
          options={withAny("any value", options.values, value)}
        />
      )}
      <Others filters={filters} onChange={setFilters} />
    </div>
  );
}

/** What is chosen stands among the options, also where this span of time has none of it. */
function withAny(any: string, names: string[], chosen: string | null): [string, string][] {
  const all = chosen === null || names.includes(chosen) ? names : [chosen, ...names];
  return [[ANY, any], ...all.map((name): [string, string] => [name, labelOf(name)])];
}

function breaks(choice: Choice, keys: string[]): [string, string][] {
  const all = choice.by !== "metadata" || keys.includes(choice.key) ? keys : [choice.key, ...keys];
  return [
    ["", "No break-down"],
    ["model", "By model"],
    ["provider", "By provider"],
    ["status", "By status"],
    ...all.map((key): [string, string] => [`metadata:${key}`, `By metadata: ${key}`]),
  ];
}

const CHOSEN = ["model", "provider", "cached", "metadata.key", "metadata.value"];
const WORDS = { eq: "is", neq: "is not", contains: "contains", lt: "below", gt: "above" };

/** Filters that no choice of one can show, such as those that another page set. */
function Others({ filters, onChange }: { filters: LogFilter[]; onChange: (filters: LogFilter[]) => void }) {
  return filters
    .filter((one) => !CHOSEN.includes(one.key) || simpleValue(filters, one.key) === null)
    .map((one) => (
      <span
        key={JSON.stringify(one)}
        className="flex h-9 max-w-full items-center gap-1 rounded-md border border-kumo-line bg-kumo-tint pr-1 pl-2.5 text-sm"
      >
        <span className="min-w-0 truncate">
          {one.key} {WORDS[one.operator]} {one.value.map(String).join(" or ")}
        </span>
        <button
          type="button"
          aria-label={`Take away the filter ${one.key}`}
          onClick={() => onChange(filters.filter((other) => other !== one))}
          className="flex size-6 cursor-pointer items-center justify-center rounded border-0 bg-transparent text-kumo-subtle hover:bg-kumo-fill"
        >
          <XIcon aria-hidden />
        </button>
      </span>
    ));
}
