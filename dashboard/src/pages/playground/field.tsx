/** A labelled field of the parameters, as dense as the choices beside it. */

import { useId } from "react";

interface FieldProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
  hint?: string;
  about?: string;
  error?: string | undefined;
  /** 0 = one line that cannot be broken. */
  rows?: number;
  isCode?: boolean;
  isNumber?: boolean;
}

const MOST_ROWS = 14;

export function Field({ label, value, onChange, hint, about, error, rows = 0, isCode, isNumber }: FieldProps) {
  const id = useId();
  const said = error ?? about;
  const shared = {
    id,
    value,
    placeholder: hint,
    "aria-invalid": error ? true : undefined,
    "aria-describedby": said ? `${id}-said` : undefined,
    className: `w-full min-w-0 rounded-md border bg-kumo-control px-2.5 py-1.5 text-kumo-default placeholder:text-kumo-placeholder ${
      error ? "border-kumo-danger" : "border-kumo-line"
    } ${isCode ? "font-mono text-xs" : "text-sm"}`,
  };
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {rows ? (
        <textarea
          {...shared}
          rows={Math.min(Math.max(rows, value.split("\n").length), MOST_ROWS)}
          spellCheck={!isCode}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <input
          {...shared}
          inputMode={isNumber ? "decimal" : undefined}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {said && (
        <p id={`${id}-said`} className={`m-0 text-xs break-words ${error ? "text-kumo-danger" : "text-kumo-subtle"}`}>
          {said}
        </p>
      )}
    </div>
  );
}
