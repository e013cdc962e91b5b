import { Checkbox } from "@cloudflare/kumo/components/checkbox";
import { Input } from "@cloudflare/kumo/components/input";
import { useState } from "react";
import { client, refresh, type Schemas } from "@/api/client";
import { useSession } from "@/api/session";
import { type Expiry, momentOf } from "@/lib/expiry";
import { useSubmit } from "@/lib/submit";
import { GatewaysChoice } from "@/pages/tokens/gateways-choice";
import { isHeld, leastOf, PERMISSIONS, type Permission } from "@/pages/tokens/permissions";
import { snippetsFor } from "@/pages/tokens/snippets";
import { ExpiryChoice } from "@/ui/expiry-choice";
import { Form } from "@/ui/form";
import { Modal } from "@/ui/modal";
import { useNotify } from "@/ui/notices";
import { ShownOnce, Snippets } from "@/ui/shown-once";

type NewToken = Schemas["NewTokenObject"];

export function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const { account_id } = useSession();
  const notify = useNotify();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<Permission[]>(["run"]);
  const [gateways, setGateways] = useState<string[] | null>(null);
  const [expiry, setExpiry] = useState<Expiry>({ name: "never", day: "" });
  const [made, setMade] = useState<NewToken | null>(null);
  const submit = useSubmit(async () => {
    if (chosen.length === 0) throw new Error("Choose what the token may do.");
    if (gateways?.length === 0) throw new Error("Choose a gateway, or all of them.");
    const { data } = await client.POST("/client/v4/accounts/{account_id}/tokens", {
      params: { path: { account_id } },
      body: { name: name.trim(), permissions: leastOf(chosen), gateways, expires_on: momentOf(expiry) },
    });
    if (data) setMade(data.result);
    notify.done(`The token ${name.trim()} is made`);
    await refresh();
  });
  if (made) return <TokenShown token={made} onClose={onClose} />;
  return (
    <Modal title="Create a token" about="It is shown once." onClose={onClose}>
      <Form submit={submit} action="Create the token" onCancel={onClose}>
        <Input
          label="Name"
          description="What uses it."
          autoComplete="off"
          required
          maxLength={120}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <PermissionChoice chosen={chosen} onChange={setChosen} />
        <GatewaysChoice chosen={gateways} onChange={setGateways} />
        <ExpiryChoice value={expiry} onChange={setExpiry} />
      </Form>
    </Modal>
  );
}

interface PermissionChoiceProps {
  chosen: Permission[];
  onChange: (chosen: Permission[]) => void;
}

function PermissionChoice({ chosen, onChange }: PermissionChoiceProps) {
  return (
    <fieldset className="m-0 flex min-w-0 flex-col gap-2.5 border-0 p-0">
      <legend className="mb-2 p-0 text-base font-medium">It may</legend>
      {PERMISSIONS.map(({ name, label, words }) => (
        <Checkbox
          key={name}
          label={
            <span className="block">
              {label}
              <span className="block text-sm font-normal text-kumo-subtle">{words}</span>
            </span>
          }
          checked={chosen.includes(name) || isHeld(name, chosen)}
          disabled={isHeld(name, chosen)}
          onCheckedChange={(isOn) => onChange(isOn ? [...chosen, name] : chosen.filter((one) => one !== name))}
        />
      ))}
    </fieldset>
  );
}

function TokenShown({ token, onClose }: { token: NewToken; onClose: () => void }) {
  const { url, account_id, gateway_id } = useSession();
  const gateway = token.gateways?.[0] ?? gateway_id;
  return (
    <ShownOnce title={`The token ${token.name}`} what="API token" secret={token.value} onClose={onClose}>
      <Snippets
        snippets={snippetsFor({ url, account: account_id, gateway, token: token.value, may: token.permissions })}
      />
    </ShownOnce>
  );
}
