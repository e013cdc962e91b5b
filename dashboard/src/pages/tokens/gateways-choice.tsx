/** Which gateways a token opens: all, those to come included, or some. */

import { Checkbox } from "@cloudflare/kumo/components/checkbox";
import { useGateways } from "@/shell/gateway";
import { SelectField } from "@/ui/select-field";

interface GatewaysChoiceProps {
  /** Null = all. */
  chosen: string[] | null;
  onChange: (chosen: string[] | null) => void;
}

export function GatewaysChoice({ chosen, onChange }: GatewaysChoiceProps) {
  const names = useGateways().data?.result.map((one) => one.id) ?? [];
  return (
    <div className="flex flex-col gap-3">
      <SelectField
        label="Gateways"
        description={
          chosen === null
            ? "Those to come too, and what belongs to the account: tokens, custom providers, the audit log."
            : "Nothing else, and nothing that belongs to the account."
        }
        value={chosen === null ? "all" : "some"}
        options={[
          ["all", "All"],
          ["some", "Some…"],
        ]}
        onChange={(which) => onChange(which === "all" ? null : [])}
      />
      {chosen !== null && (
        <fieldset className="m-0 flex max-h-40 min-w-0 flex-col gap-2 overflow-y-auto rounded-lg border border-kumo-line p-3">
          <legend className="sr-only">Which gateways</legend>
          {names.map((name) => (
            <Checkbox
              key={name}
              label={name}
              checked={chosen.includes(name)}
              onCheckedChange={(isOn) => onChange(isOn ? [...chosen, name] : chosen.filter((one) => one !== name))}
            />
          ))}
        </fieldset>
      )}
    </div>
  );
}
