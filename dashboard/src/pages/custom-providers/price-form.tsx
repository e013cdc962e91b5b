import { Input } from "@cloudflare/kumo/components/input";
import { Switch } from "@cloudflare/kumo/components/switch";
import { useState } from "react";
import { client, refresh } from "@/api/client";
import { useSession } from "@/api/session";
import { useSubmit } from "@/lib/submit";
import {
  type Cost,
  KINDS,
  type Kind,
  pricingOf,
  RULES,
  type Rule,
  toRate,
  toTyped,
  withTyped,
} from "@/pages/custom-providers/prices";
import type { Provider } from "@/pages/custom-providers/types";
import { FieldRow, Form } from "@/ui/form";
import { Modal } from "@/ui/modal";
import { useNotify } from "@/ui/notices";
import { SelectField } from "@/ui/select-field";

interface PriceFormProps {
  provider: Provider;
  /** Null = a new one. */
  cost: Cost | null;
  onClose: () => void;
}

export function PriceForm({ provider, cost, onClose }: PriceFormProps) {
  const { account_id } = useSession();
  const notify = useNotify();
  const before = cost ? pricingOf(cost) : {};
  const [model, setModel] = useState(cost?.model ?? "");
  const [rule, setRule] = useState<Rule>(cost?.model_rule ?? "equals");
  const [input, setInput] = useState(toTyped(cost?.cost_in));
  const [output, setOutput] = useState(toTyped(cost?.cost_out));
  const [kinds, setKinds] = useState<Partial<Record<Kind, string>>>(() =>
    Object.fromEntries(Object.entries(before).map(([kind, rate]) => [kind, toTyped(rate)])),
  );
  const [isOn, setOn] = useState(cost?.enable ?? true);
  const submit = useSubmit(async () => {
    const body = {
      model: model.trim(),
      model_rule: rule,
      cost_type: "tokens" as const,
      cost_in: toRate(input),
      cost_out: toRate(output),
      enable: isOn,
      token_pricing: withTyped(before, kinds),
    };
    if (cost) {
      await client.PATCH("/client/v4/accounts/{account_id}/ai-gateway/custom-providers/costs/{cost_id}", {
        params: { path: { account_id, cost_id: cost.id } },
        body,
      });
    } else {
      await client.POST("/client/v4/accounts/{account_id}/ai-gateway/custom-providers/costs", {
        params: { path: { account_id } },
        body: { ...body, account_provider_id: provider.id },
      });
    }
    notify.done(`The price of ${body.model} is ${cost ? "changed" : "set"}`, "For logs from now on.");
    await refresh();
    onClose();
  });
  return (
    <Modal
      title={cost ? "Change a price" : "Add a price"}
      about={`Of models of ${provider.name}, in USD a million tokens.`}
      onClose={onClose}
    >
      <Form submit={submit} action={cost ? "Keep the changes" : "Add the price"} onCancel={onClose}>
        <FieldRow>
          <SelectField label="A model whose name" value={rule} options={RULES} onChange={setRule} />
          <Input
            label="This text"
            autoComplete="off"
            spellCheck={false}
            required
            maxLength={256}
            value={model}
            onChange={(event) => setModel(event.target.value)}
          />
        </FieldRow>
        <FieldRow>
          <Rate label="Input" value={input} onChange={setInput} />
          <Rate label="Output" value={output} onChange={setOutput} />
        </FieldRow>
        <details open={Object.keys(before).length > 0}>
          <summary className="cursor-pointer text-sm">Other kinds of tokens</summary>
          <p className="mx-0 mt-2 mb-3 text-sm leading-snug text-kumo-subtle">
            Without a rate of its own, a kind costs what input or output does.
          </p>
          <FieldRow>
            {KINDS.map(([kind, label]) => (
              <Rate
                key={kind}
                label={label}
                value={kinds[kind] ?? ""}
                onChange={(value) => setKinds((all) => ({ ...all, [kind]: value }))}
              />
            ))}
          </FieldRow>
        </details>
        <Switch label="In force" checked={isOn} onCheckedChange={setOn} />
      </Form>
    </Modal>
  );
}

function Rate({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <Input
      label={label}
      inputMode="decimal"
      placeholder="USD a million tokens"
      autoComplete="off"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
