/** One of a few that stand side by side, for what is switched often. */

interface SegmentsProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}

export function Segments<Value extends string>({ label, value, options, onChange }: SegmentsProps<Value>) {
  return (
    <fieldset aria-label={label} className="m-0 flex rounded-md border border-kumo-line bg-kumo-control p-0.5">
      {options.map(([name, text]) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === value}
          onClick={() => onChange(name)}
          className={`h-7.5 cursor-pointer rounded border-0 px-3 text-sm text-kumo-default ${
            name === value ? "bg-kumo-fill font-medium" : "bg-transparent hover:bg-kumo-tint"
          }`}
        >
          {text}
        </button>
      ))}
    </fieldset>
  );
}
