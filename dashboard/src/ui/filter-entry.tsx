/** A text that a list is narrowed by: it counts once it is whole, by Enter or when the field is left. */

import { useTyped } from "@/lib/typed";

interface FilterEntryProps {
  label: string;
  placeholder?: string;
  value: string;
  onChange: (value: string) => void;
  /** What is there to be chosen; anything else may be typed. */
  suggestions?: readonly string[];
  /** Each letter counts at once. */
  isEager?: boolean;
  className?: string;
}

export function FilterEntry(props: FilterEntryProps) {
  const { label, placeholder = label, value, onChange, suggestions, isEager = false, className = "w-44" } = props;
  const [text, type, leave] = useTyped(value);
  const list = suggestions && `suggestions-${label.toLowerCase().replace(/\W+/g, "-")}`;
  const take = () => text.trim() !== value && onChange(text.trim());
  return (
    <>
      <input
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={text}
        list={list}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          const typed = event.target.value;
          // Cleared, or chosen from the list: nothing more is going to be typed.
          const isTaken = isEager || typed === "" || suggestions?.includes(typed);
          type(typed);
          if (isTaken) onChange(typed.trim());
        }}
        onBlur={() => {
          take();
          leave();
        }}
        onKeyDown={(event) => event.key === "Enter" && take()}
        className={`h-9 min-w-0 rounded-md border border-kumo-line bg-kumo-control px-2.5 text-sm text-kumo-default placeholder:text-kumo-placeholder ${className}`}
      />
      {suggestions && (
        <datalist id={list}>
          {suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </>
  );
}
