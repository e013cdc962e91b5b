/** A one-line field with its unit inside and what is wrong below it; for forms whose labels stand elsewhere too. */

import { useId } from "react";

export interface EntryProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Shown above it; else for screen readers alone. */
  isLabelled?: boolean;
  /** Stands before or after the text, such as `$` and `ms`. */
  before?: string;
  unit?: string;
  error?: string | undefined;
  placeholder?: string;
  isDisabled?: boolean;
  isNumber?: boolean;
  isMono?: boolean;
  /** Shown as dots. */
  isSecret?: boolean;
  /** Ids of what explains it. */
  describedBy?: string | undefined;
  list?: string | undefined;
  className?: string;
  /** Stands at its right, such as the choice of a unit. */
  beside?: React.ReactNode;
  onKeyDown?: (event: React.KeyboardEvent<HTMLInputElement>) => void;
  onBlur?: () => void;
}

export function Entry(props: EntryProps) {
  const { label, value, onChange, isLabelled, before, unit, error, isNumber, isMono, className = "" } = props;
  const id = useId();
  return (
    <div className={`min-w-0 ${className}`}>
      <label htmlFor={id} className={isLabelled ? "mb-1 block text-sm font-medium" : "sr-only"}>
        {label}
      </label>
      <div className="flex items-center gap-2">
        <div
          className={`flex h-9 min-w-0 flex-1 items-center gap-1.5 rounded-md border bg-kumo-control px-2.5 text-sm has-disabled:opacity-60 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-kumo-brand ${
            error ? "border-kumo-danger" : "border-kumo-line"
          }`}
        >
          {before && <span className="text-kumo-subtle">{before}</span>}
          <input
            id={id}
            type={props.isSecret ? "password" : "text"}
            inputMode={isNumber ? "decimal" : undefined}
            autoComplete={props.isSecret ? "new-password" : "off"}
            spellCheck={false}
            data-1p-ignore
            value={value}
            placeholder={props.placeholder}
            disabled={props.isDisabled}
            list={props.list}
            aria-invalid={error ? true : undefined}
            aria-describedby={[error ? `${id}-error` : "", props.describedBy ?? ""].join(" ").trim() || undefined}
            onChange={(event) => onChange(event.target.value)}
            onKeyDown={props.onKeyDown}
            onBlur={props.onBlur}
            // The whole box shows the focus.
            style={{ outline: "none" }}
            className={`h-full w-full min-w-0 border-0 bg-transparent p-0 text-kumo-default placeholder:text-kumo-placeholder ${isNumber ? "tabular" : ""} ${isMono ? "font-mono text-xs" : ""}`}
          />
          {unit && <span className="shrink-0 text-xs text-kumo-subtle">{unit}</span>}
        </div>
        {props.beside}
      </div>
      {error && (
        <p id={`${id}-error`} className="m-0 mt-1 text-xs text-kumo-danger">
          {error}
        </p>
      )}
    </div>
  );
}
