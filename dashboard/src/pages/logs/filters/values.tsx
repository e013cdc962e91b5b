/** The values of a filter: typed, or chosen among those that logs have. */

import { XIcon } from "@phosphor-icons/react/X";
import { type KeyboardEvent, useId } from "react";
import { type FilterKey, readValue, type Value } from "@/pages/logs/filters/keys";

interface ValuesProps {
  given: FilterKey;
  isSeveral: boolean;
  values: Value[];
  text: string;
  suggestions: string[];
  onValues: (values: Value[]) => void;
  onText: (text: string) => void;
}

const MOST_SHOWN = 40;

export function Values({ given, isSeveral, values, text, suggestions, onValues, onText }: ValuesProps) {
  const id = useId();
  const words = text.trim().toLowerCase();
  const found = suggestions
    .filter((one) => !values.includes(one) && one.toLowerCase().includes(words))
    .slice(0, MOST_SHOWN);
  const add = (value: string) => {
    const read = readValue(given.key, value);
    if (read === undefined) return;
    if (isSeveral) onValues([...new Set([...values, read])]);
    onText(isSeveral ? "" : value);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isSeveral && event.key === "," && text.trim()) {
      event.preventDefault();
      add(text);
    }
  };
  return (
    <div className="flex flex-col gap-2">
      {values.length > 0 && isSeveral && (
        <ul className="m-0 flex list-none flex-wrap gap-1 p-0">
          {values.map((value) => (
            <li
              key={String(value)}
              className="flex max-w-full items-center gap-1 rounded bg-kumo-fill px-1.5 py-0.5 text-xs"
            >
              <span className="truncate">{String(value)}</span>
              <button
                type="button"
                aria-label={`Take out ${value}`}
                className="cursor-pointer border-0 bg-transparent p-1.5 leading-none text-inherit"
                onClick={() => onValues(values.filter((one) => one !== value))}
              >
                <XIcon size={10} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      <label htmlFor={id} className="sr-only">
        Value{given.unit ? ` in ${given.unit}` : ""}
      </label>
      <span className="flex items-center gap-2">
        <input
          id={id}
          value={text}
          inputMode={given.kind === "number" ? "decimal" : "text"}
          placeholder={isSeveral ? "Value; a comma adds another" : "Value"}
          autoComplete="off"
          onChange={(event) => onText(event.target.value)}
          onKeyDown={onKeyDown}
          className="h-9 min-w-0 flex-1 rounded-md border border-kumo-line bg-kumo-control px-2.5 text-sm text-kumo-default placeholder:text-kumo-placeholder"
        />
        {given.unit && <span className="text-sm text-kumo-subtle">{given.unit}</span>}
      </span>
      {given.hint && <p className="m-0 text-xs text-kumo-subtle">{given.hint}</p>}
      {found.length > 0 && (
        <ul aria-label="Suggestions" className="m-0 max-h-44 list-none overflow-y-auto p-0">
          {found.map((one) => (
            <li key={one}>
              <button
                type="button"
                className="w-full cursor-pointer truncate rounded border-0 bg-transparent px-2 py-1.5 text-left text-sm text-kumo-default hover:bg-kumo-tint"
                onClick={() => add(one)}
              >
                {given.options?.find(([value]) => value === one)?.[1] ?? one}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
