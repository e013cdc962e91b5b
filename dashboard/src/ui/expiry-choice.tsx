import { Input } from "@cloudflare/kumo/components/input";
import { EXPIRIES, type Expiry } from "@/lib/expiry";
import { SelectField } from "@/ui/select-field";

export function ExpiryChoice({ value, onChange }: { value: Expiry; onChange: (value: Expiry) => void }) {
  return (
    <div className="flex flex-col gap-2">
      <SelectField
        label="Expires"
        value={value.name}
        options={EXPIRIES}
        onChange={(name) => onChange({ ...value, name })}
      />
      {value.name === "custom" && (
        <Input
          aria-label="Last day on which it is good"
          type="date"
          required
          value={value.day}
          onChange={(event) => onChange({ ...value, day: event.target.value })}
        />
      )}
    </div>
  );
}
