/** A field of several lines, dressed as the others. */

import { useId } from "react";

interface LongEntryProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Shown above it; else for screen readers alone. */
  isLabelled?: boolean;
  rows?: number;
  placeholder?: string;
  error?: string | undefined;
  describedBy?: string | undefined;
  isMono?: boolean;
  isDisabled?: boolean;
}

export function LongEntry(props: LongEntryProps) {
  const { label, value, onChange, isLabelled, rows = 4, error, isMono } = props;
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className={isLabelled ? "mb-1 block text-sm font-medium" : "sr-only"}>
        {label}
      </label>
      <textarea
        id={id}
        rows={rows}
        value={value}
        placeholder={props.placeholder}
        disabled={props.isDisabled}
        spellCheck={!isMono}
        autoComplete="off"
        aria-invalid={error ? true : undefined}
        aria-describedby={[error ? `${id}-error` : "", props.describedBy ?? ""].join(" ").trim() || undefined}
        onChange={(event) => onChange(event.target.value)}
        className={`block w-full rounded-md border bg-kumo-control px-2.5 py-2 text-kumo-default placeholder:text-kumo-placeholder disabled:opacity-60 ${
          isMono ? "font-mono text-xs" : "text-sm"
        } ${error ? "border-kumo-danger" : "border-kumo-line"}`}
      />
      {error && (
        <p id={`${id}-error`} className="m-0 mt-1 text-xs text-kumo-danger">
          {error}
        </p>
      )}
    </div>
  );
}
