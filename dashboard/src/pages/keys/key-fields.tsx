/** What can be said of a key when it is made, and changed later. */

import { Checkbox } from "@cloudflare/kumo/components/checkbox";
import { Input } from "@cloudflare/kumo/components/input";
import type { Reset } from "@/pages/keys/api";
import { RESETS } from "@/pages/keys/standing";
import { FieldRow } from "@/ui/form";
import { SelectField } from "@/ui/select-field";

export interface KeyWish {
  name: string;
  /** As it was typed; empty = none. */
  limit: string;
  reset: Reset | "never";
  hasByok: boolean;
}

export const NO_WISH: KeyWish = { name: "", limit: "", reset: "monthly", hasByok: false };

interface KeyFieldsProps {
  wish: KeyWish;
  onChange: (wish: KeyWish) => void;
}

export function KeyFields({ wish, onChange }: KeyFieldsProps) {
  return (
    <>
      <Input
        label="Name"
        description="What it is for: an application, a team, a person."
        autoComplete="off"
        required
        maxLength={200}
        value={wish.name}
        onChange={(event) => onChange({ ...wish, name: event.target.value })}
      />
      <FieldRow>
        <Input
          label="Limit in USD"
          description="Empty = none."
          type="number"
          inputMode="decimal"
          min={0}
          step="any"
          value={wish.limit}
          onChange={(event) => onChange({ ...wish, limit: event.target.value })}
        />
        <SelectField
          label="The limit begins anew"
          value={wish.reset}
          options={RESETS}
          onChange={(reset) => onChange({ ...wish, reset })}
        />
      </FieldRow>
      <Checkbox
        label="What callers' own provider keys cost counts against the limit too"
        checked={wish.hasByok}
        onCheckedChange={(hasByok) => onChange({ ...wish, hasByok })}
      />
    </>
  );
}

/** As the API takes it. A limit's beginning says nothing where there is no limit. */
export function bodyOf(wish: KeyWish) {
  const limit = wish.limit.trim() === "" ? null : Number(wish.limit);
  return {
    name: wish.name.trim(),
    limit,
    limit_reset: limit === null || wish.reset === "never" ? null : wish.reset,
    include_byok_in_limit: wish.hasByok,
  };
}
