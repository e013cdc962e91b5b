/** A password that is chosen: typed twice, with a word on how good it is. */

import { Input } from "@cloudflare/kumo/components/input";
import { useId } from "react";
import { judge, type Strength } from "@/lib/passwords";

export interface NewPasswordValue {
  text: string;
  again: string;
}

export const NO_PASSWORD: NewPasswordValue = { text: "", again: "" };

/** Null where it may be sent. */
export function faultOf(value: NewPasswordValue, names: readonly string[] = []): string | null {
  const { strength, words } = judge(value.text, names);
  if (strength === "short" || strength === "weak") return words;
  return value.text === value.again ? null : "The two are not the same.";
}

interface NewPasswordProps {
  value: NewPasswordValue;
  onChange: (value: NewPasswordValue) => void;
  /** What others know of whom it is for. */
  names?: readonly string[];
  label?: string;
}

const BARS: Record<Strength, number> = { short: 1, weak: 1, fair: 2, strong: 3 };
const COLOURS: Record<Strength, string> = {
  short: "bg-kumo-fill",
  weak: "bg-kumo-danger",
  fair: "bg-kumo-warning",
  strong: "bg-kumo-success",
};

export function NewPassword({ value, onChange, names = [], label = "Password" }: NewPasswordProps) {
  const hint = useId();
  const verdict = value.text
    ? judge(value.text, names)
    : { strength: "short" as const, words: "At least 12 characters." };
  const isOther = value.again !== "" && !value.text.startsWith(value.again);
  return (
    <>
      <div>
        <Input
          label={label}
          type="password"
          autoComplete="new-password"
          required
          aria-describedby={hint}
          value={value.text}
          onChange={(event) => onChange({ ...value, text: event.target.value })}
        />
        <div className="mt-1.5 flex items-center gap-2">
          <span aria-hidden className="flex w-24 shrink-0 gap-1">
            {[1, 2, 3].map((bar) => (
              <span
                key={bar}
                className={`h-1 flex-1 rounded-full ${value.text && bar <= BARS[verdict.strength] ? COLOURS[verdict.strength] : "bg-kumo-fill"}`}
              />
            ))}
          </span>
          <span id={hint} aria-live="polite" className="text-xs text-kumo-subtle">
            {verdict.words}
          </span>
        </div>
      </div>
      <Input
        label="The same again"
        type="password"
        autoComplete="new-password"
        required
        value={value.again}
        error={isOther ? "The two are not the same." : undefined}
        onChange={(event) => onChange({ ...value, again: event.target.value })}
      />
    </>
  );
}
