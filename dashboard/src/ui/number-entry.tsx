/** Fields for numbers. What cannot be read is given on as NaN, so that a form can say so; nothing is null. */

import { useState } from "react";
import { fromSeconds, readNumber, SECONDS, type TimeUnit, toSeconds } from "@/lib/amounts";
import { Choice } from "@/ui/choice";
import { Entry, type EntryProps } from "@/ui/entry";

interface NumberProps extends Omit<EntryProps, "value" | "onChange" | "isNumber"> {
  value: number | null;
  onChange: (value: number | null) => void;
}

export function NumberEntry({ value, onChange, ...rest }: NumberProps) {
  const [text, setText] = useState(written(value));
  // Set from elsewhere, as by a reset: what stands here is not what is meant any more.
  if (!Object.is(readNumber(text), value)) setText(written(value));
  return (
    <Entry
      {...rest}
      isNumber
      value={text}
      onChange={(next) => {
        setText(next);
        onChange(readNumber(next));
      }}
    />
  );
}

/** Of seconds, in the unit that says it shortest. */
export function SecondsEntry({ value, onChange, ...rest }: NumberProps) {
  const [kept, setKept] = useState(fromSeconds(value));
  if (!Object.is(toSeconds(kept.amount, kept.unit), value)) setKept(fromSeconds(value));
  const change = (amount: number | null, unit: TimeUnit) => {
    setKept({ amount, unit });
    onChange(toSeconds(amount, unit));
  };
  return (
    <NumberEntry
      {...rest}
      value={kept.amount}
      onChange={(amount) => change(amount, kept.unit)}
      beside={
        <Choice
          label={`Unit of: ${rest.label}`}
          value={kept.unit}
          options={UNITS}
          onChange={(unit) => change(kept.amount, unit)}
          isDisabled={rest.isDisabled ?? false}
        />
      }
    />
  );
}

const UNITS = Object.keys(SECONDS).map((unit) => [unit, unit] as const) as [TimeUnit, string][];

const written = (value: number | null): string => (value === null || Number.isNaN(value) ? "" : String(value));
