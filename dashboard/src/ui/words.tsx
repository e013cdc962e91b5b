/** A list of short texts, each typed and confirmed by Enter or a comma. */

import { XIcon } from "@phosphor-icons/react/X";
import { useState } from "react";
import { Entry } from "@/ui/entry";

interface WordsProps {
  label: string;
  words: readonly string[];
  onChange: (words: string[]) => void;
  placeholder?: string;
  error?: string | undefined;
  isDisabled?: boolean;
}

export function Words({ label, words, onChange, placeholder, error, isDisabled = false }: WordsProps) {
  const [text, setText] = useState("");
  const add = () => {
    const found = text
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one && !words.includes(one));
    if (found.length) onChange([...words, ...new Set(found)]);
    setText("");
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what was typed and left there is meant too
    <div className="flex min-w-0 flex-1 flex-col gap-1.5" onBlur={add}>
      <Entry
        label={label}
        value={text}
        onChange={setText}
        placeholder={placeholder ?? "Type one, then Enter"}
        error={error}
        isDisabled={isDisabled}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== ",") return;
          event.preventDefault();
          add();
        }}
      />
      {words.length > 0 && (
        <ul className="m-0 flex list-none flex-wrap gap-1.5 p-0">
          {words.map((word) => (
            <li key={word} className="inline-flex items-center gap-1 rounded bg-kumo-fill py-0.5 pr-0.5 pl-2 text-xs">
              <span className="break-all">{word}</span>
              <button
                type="button"
                disabled={isDisabled}
                aria-label={`Remove ${word}`}
                onClick={() => onChange(words.filter((one) => one !== word))}
                className="flex size-6 cursor-pointer items-center justify-center rounded border-0 bg-transparent text-kumo-subtle hover:text-kumo-default disabled:cursor-not-allowed"
              >
                <XIcon aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
