/** One of a few in a form: the browser's own control, in the measures of the library's text fields beside it. */

import { type ReactNode, useId } from "react";

interface SelectFieldProps<Value extends string> {
  label: string;
  description?: ReactNode;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}

export function SelectField<Value extends string>(props: SelectFieldProps<Value>) {
  const { label, description, value, options, onChange } = props;
  const id = useId();
  return (
    <div className="grid min-w-0 gap-2">
      <label htmlFor={id} className="text-base font-medium">
        {label}
      </label>
      <select
        id={id}
        value={value}
        aria-describedby={description ? `${id}-about` : undefined}
        onChange={(event) => onChange(event.target.value as Value)}
        className="h-9 w-full cursor-pointer rounded-lg border border-kumo-line bg-kumo-control px-2.5 text-base text-kumo-default"
      >
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
      {description && (
        <p id={`${id}-about`} className="m-0 text-sm leading-snug text-kumo-subtle">
          {description}
        </p>
      )}
    </div>
  );
}
