/** One of a few, by the browser's own control: quick, and right on every phone. */

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
  /** Shown above it; else for screen readers alone. */
  isLabelled?: boolean;
  isDisabled?: boolean;
  className?: string;
}

export function Choice<Value extends string>({
  label,
  value,
  options,
  onChange,
  isLabelled,
  isDisabled = false,
  className = "",
}: ChoiceProps<Value>) {
  return (
    <label className={`${isLabelled ? "flex flex-col gap-1 text-sm font-medium" : ""} ${className}`}>
      <span className={isLabelled ? "" : "sr-only"}>{label}</span>
      <select
        value={value}
        disabled={isDisabled}
        onChange={(event) => onChange(event.target.value as Value)}
        className={`h-9 cursor-pointer rounded-md border border-kumo-line bg-kumo-control px-2.5 text-sm font-normal text-kumo-default disabled:cursor-not-allowed disabled:opacity-60 ${className ? "w-full" : "max-w-64"}`}
      >
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
