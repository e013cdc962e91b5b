/** One filter: of what, compared how, with what. */

import { Button } from "@cloudflare/kumo/components/button";
import { type FormEvent, useId, useState } from "react";
import type { Place } from "@/pages/logs/api";
import {
  type Filter,
  keyOf,
  OFFERED,
  type Operator,
  operatorsOf,
  readValue,
  takesSeveral,
  type Value,
} from "@/pages/logs/filters/keys";
import { useSuggestions } from "@/pages/logs/filters/use-suggestions";
import { Values } from "@/pages/logs/filters/values";
import { Choice } from "@/ui/choice";

interface EditorProps {
  place: Place;
  /** What is edited; without it a new one is made. */
  filter?: Filter;
  onDone: (filters: Filter[]) => void;
  onRemove?: () => void;
}

/** As operators are offered: numbers may be unknown too. */
type Asked = Operator | "unknown" | "known";

const BOOLEANS = [
  ["true", "Yes"],
  ["false", "No"],
] as const;

export function Editor({ place, filter, onDone, onRemove }: EditorProps) {
  const [key, setKey] = useState(filter?.key ?? "provider");
  const [asked, setAsked] = useState<Asked>(askedOf(filter));
  const [values, setValues] = useState<Value[]>(filter?.value.filter((value) => value !== null) ?? []);
  const [text, setText] = useState(() => firstText(filter));
  const [below, setBelow] = useState("");
  const given = keyOf(key);
  const suggestions = useSuggestions(place, given);
  const choose = (next: string) => {
    setKey(next);
    setAsked(operatorsOf(next)[0]?.[0] ?? "eq");
    setValues([]);
    setText(keyOf(next).kind === "boolean" ? "true" : "");
  };
  const made = filterOf(key, asked, values, text);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!made) return;
    const value: Filter = { key: "metadata.value", operator: "eq", value: [below.trim()] };
    onDone(key === "metadata.key" && below.trim() ? [made, value] : [made]);
  };
  const several = asked !== "unknown" && asked !== "known" && takesSeveral(key, asked);
  return (
    <form onSubmit={submit} className="flex w-72 max-w-[calc(100vw-3rem)] flex-col gap-3">
      <Choice
        label="Filter by"
        isLabelled
        value={key}
        options={OFFERED.map((one) => [one.key, one.label] as const)}
        onChange={choose}
      />
      {given.kind !== "boolean" && (
        <Choice label="Comparison" value={asked} options={comparisons(key)} onChange={setAsked} />
      )}
      {given.kind === "boolean" ? (
        <Choice label="Value" value={text || "true"} options={BOOLEANS} onChange={setText} />
      ) : (
        asked !== "unknown" &&
        asked !== "known" && (
          <Values
            given={given}
            isSeveral={several}
            values={values}
            text={text}
            suggestions={suggestions}
            onValues={setValues}
            onText={setText}
          />
        )
      )}
      {key === "metadata.key" && !filter && <Below text={below} onText={setBelow} />}
      <div className="flex justify-between gap-2">
        {onRemove ? (
          <Button type="button" size="sm" variant="ghost" onClick={onRemove}>
            Remove
          </Button>
        ) : (
          <span />
        )}
        <Button type="submit" size="sm" variant="primary" disabled={!made}>
          {filter ? "Change" : "Add the filter"}
        </Button>
      </div>
    </form>
  );
}

function Below({ text, onText }: { text: string; onText: (text: string) => void }) {
  const id = useId();
  return (
    <label htmlFor={id} className="flex flex-col gap-1 text-sm">
      and its value is (any, if empty)
      <input
        id={id}
        value={text}
        onChange={(event) => onText(event.target.value)}
        className="h-9 rounded-md border border-kumo-line bg-kumo-control px-2.5 text-sm text-kumo-default"
      />
    </label>
  );
}

function comparisons(key: string): (readonly [Asked, string])[] {
  const words: (readonly [Asked, string])[] = [...operatorsOf(key)];
  return keyOf(key).kind === "number" ? [...words, ["unknown", "is unknown"], ["known", "is known"]] : words;
}

function askedOf(filter: Filter | undefined): Asked {
  if (!filter) return "eq";
  if (keyOf(filter.key).kind === "number" && filter.value[0] === null) {
    return filter.operator === "neq" ? "known" : "unknown";
  }
  return filter.operator;
}

function firstText(filter: Filter | undefined): string {
  if (!filter) return "";
  const isSeveral = takesSeveral(filter.key, filter.operator);
  return isSeveral || filter.value[0] === null ? "" : String(filter.value[0]);
}

/** null while it says nothing yet. */
function filterOf(key: string, asked: Asked, values: Value[], text: string): Filter | null {
  if (asked === "unknown" || asked === "known") {
    return { key, operator: asked === "known" ? "neq" : "eq", value: [null] };
  }
  const typed = readValue(key, keyOf(key).kind === "boolean" ? text || "true" : text);
  const isSeveral = takesSeveral(key, asked);
  const all = isSeveral ? [...values, ...(typed === undefined ? [] : [typed])] : typed === undefined ? [] : [typed];
  return all.length ? { key, operator: asked, value: [...new Set(all)] } : null;
}
