/** A search whose words can mean several things: the list below says which, and Enter takes the likeliest. */

import { MagnifyingGlassIcon } from "@phosphor-icons/react/MagnifyingGlass";
import { type KeyboardEvent, type RefObject, useEffect, useId, useState } from "react";
import type { Filter } from "@/pages/logs/filters/keys";
import { type Meaning, meaningsOf } from "@/pages/logs/filters/meanings";

interface SearchBoxProps {
  field: RefObject<HTMLInputElement | null>;
  search: string;
  onSearch: (text: string) => void;
  onFilter: (filter: Filter) => void;
}

export function SearchBox({ field, search, onSearch, onFilter }: SearchBoxProps) {
  const [text, setText] = useState(search);
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const id = useId();
  useEffect(() => setText(search), [search]);
  const meanings = isOpen ? meaningsOf(text) : [];
  const take = (meaning: Meaning) => {
    setOpen(false);
    if (meaning.filter) {
      setText(search);
      onFilter(meaning.filter);
    } else {
      onSearch(text.trim());
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && text) {
      event.stopPropagation();
      setText("");
      setOpen(false);
      onSearch("");
    } else if (event.key === "Enter") {
      const chosen = meanings[at];
      if (chosen) take(chosen);
      else if (text.trim() === "") onSearch("");
    } else if (meanings.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      setAt((at + (event.key === "ArrowDown" ? 1 : -1) + meanings.length) % meanings.length);
    }
  };
  return (
    <div className="relative min-w-56 flex-1 basis-full sm:basis-0">
      <MagnifyingGlassIcon size={15} aria-hidden className="absolute top-2.5 left-2.5 text-kumo-subtle" />
      <input
        ref={field}
        type="search"
        role="combobox"
        aria-label="Search logs"
        aria-expanded={meanings.length > 0}
        aria-controls={id}
        aria-activedescendant={meanings.length ? `${id}-${at}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        placeholder="Search metadata, models, errors, ids…  ( / )"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
          setOpen(true);
          if (event.target.value === "") onSearch("");
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setOpen(false)}
        className="h-9 w-full rounded-md border border-kumo-line bg-kumo-control pr-2.5 pl-8 text-sm text-kumo-default placeholder:text-kumo-placeholder"
      />
      <div
        id={id}
        role="listbox"
        aria-label="What to look for"
        hidden={meanings.length === 0}
        className="absolute top-10 right-0 left-0 z-30 m-0 list-none rounded-md border border-kumo-line bg-kumo-base p-1 shadow-lg"
      >
        {meanings.map((meaning, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's
          <div
            key={meaning.label}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            // Before the field loses the focus, and with it the list.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(meaning)}
            className={`cursor-pointer truncate rounded px-2 py-1.5 text-sm ${index === at ? "bg-kumo-tint" : "hover:bg-kumo-tint"}`}
          >
            <span className="text-kumo-subtle">{meaning.label}</span> {text.trim()}
          </div>
        ))}
      </div>
    </div>
  );
}
