/** The control of a setting that is one value. */

import { Switch } from "@cloudflare/kumo/components/switch";
import { useId } from "react";
import { duration } from "@/lib/format";
import { useForm } from "@/pages/settings/form";
import type { Field, Gateway } from "@/pages/settings/gateway";
import { Choice } from "@/ui/choice";
import { Entry } from "@/ui/entry";
import { LongEntry } from "@/ui/long-entry";
import { NumberEntry, SecondsEntry } from "@/ui/number-entry";

interface ControlProps {
  field: Field;
  labelledBy: string;
  describedBy: string;
}

export function Control({ field, labelledBy, describedBy }: ControlProps) {
  const form = useForm();
  const value = form.draft[field.name];
  const error = form.problems.get(field.name);
  const set = (next: unknown) => form.set(field.name, next as Gateway[typeof field.name]);
  const common = { label: field.label, isDisabled: form.isReadOnly, describedBy, error };
  switch (field.kind) {
    case "switch":
      return (
        <Toggle
          isOn={value === true}
          onChange={set}
          labelledBy={labelledBy}
          describedBy={describedBy}
          isDisabled={form.isReadOnly}
        />
      );
    case "whole":
      return (
        <NumberEntry
          {...common}
          value={value as number | null}
          onChange={(next) => set(next ?? (field.initial === null ? null : 0))}
          unit={field.unit}
          placeholder={field.none ?? ""}
        />
      );
    case "seconds":
      return (
        <>
          <SecondsEntry
            {...common}
            value={value as number | null}
            onChange={(next) => set(next ?? (field.initial === null ? null : 0))}
            placeholder={field.none ?? ""}
          />
          {typeof value === "number" && value > 0 && <p className="sr-only">{duration(value * 1000)}</p>}
        </>
      );
    case "choice":
      return (
        <Choice
          label={field.label}
          value={(value as string | null) ?? ""}
          options={field.none ? [["", `Default: ${field.none}`], ...field.options] : field.options}
          onChange={(next) => set(next || null)}
          isDisabled={form.isReadOnly}
          className="block w-full"
        />
      );
    case "text":
      return field.isLong ? (
        <div className="max-w-2xl">
          <LongEntry
            {...common}
            isMono
            rows={5}
            value={(value as string | null) ?? ""}
            placeholder="-----BEGIN PUBLIC KEY-----"
            onChange={(next) => set(next.trim() ? next : null)}
          />
        </div>
      ) : (
        <Entry
          {...common}
          value={(value as string | null) ?? ""}
          placeholder={field.none}
          onChange={(next) => set(next || null)}
        />
      );
    default:
      return null;
  }
}

interface ToggleEntryProps {
  label: string;
  about?: string | undefined;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  isDisabled?: boolean;
}

/** A switch with its label above it, as other fields have theirs. */
export function ToggleEntry({ label, about, isOn, onChange, isDisabled = false }: ToggleEntryProps) {
  const id = useId();
  return (
    <div>
      <span id={id} className="mb-1 block text-sm font-medium">
        {label}
      </span>
      {about && <p className="m-0 text-xs text-kumo-subtle">{about}</p>}
      <Toggle isOn={isOn} onChange={onChange} labelledBy={id} isDisabled={isDisabled} />
    </div>
  );
}

interface ToggleProps {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  labelledBy: string;
  describedBy?: string;
  isDisabled: boolean;
}

/** A switch that also says in a word how it stands. */
function Toggle({ isOn, onChange, labelledBy, describedBy, isDisabled }: ToggleProps) {
  return (
    <span className="flex h-9 items-center gap-2.5 text-sm">
      <Switch
        size="sm"
        checked={isOn}
        onCheckedChange={onChange}
        disabled={isDisabled}
        aria-labelledby={labelledBy}
        aria-describedby={describedBy}
      />
      <span aria-hidden className="text-kumo-subtle">
        {isOn ? "On" : "Off"}
      </span>
    </span>
  );
}
