import { Switch } from "@cloudflare/kumo/components/switch";
import { useState } from "react";
import { refresh } from "@/api/client";
import { send } from "@/api/http";
import { moment } from "@/lib/format";
import { useSubmit } from "@/lib/submit";
import { KEYS, type RouterKey } from "@/pages/keys/api";
import { bodyOf, KeyFields } from "@/pages/keys/key-fields";
import { useGateways } from "@/shell/gateway";
import { Form } from "@/ui/form";
import { Modal } from "@/ui/modal";
import { useNotify } from "@/ui/notices";
import { SelectField } from "@/ui/select-field";

export function KeyEdit({ routerKey, onClose }: { routerKey: RouterKey; onClose: () => void }) {
  const notify = useNotify();
  const [wish, setWish] = useState({
    name: routerKey.name,
    limit: routerKey.limit === null ? "" : String(routerKey.limit),
    reset: routerKey.limit_reset ?? ("never" as const),
    hasByok: routerKey.include_byok_in_limit,
  });
  const [isOn, setOn] = useState(!routerKey.disabled);
  const [place, setPlace] = useState(routerKey.workspace_id);
  const gateways = useGateways().data?.result.map((one) => one.id) ?? [place];
  const submit = useSubmit(async () => {
    await send("PATCH", `${KEYS}/${routerKey.hash}`, {
      ...bodyOf(wish),
      disabled: !isOn,
      ...(place !== routerKey.workspace_id && { workspace_id: place }),
    });
    notify.done(`The key ${wish.name} is changed`, "It counts within a second.");
    await refresh();
    onClose();
  });
  return (
    <Modal title={`Change ${routerKey.name}`} about={routerKey.label} onClose={onClose}>
      <Form submit={submit} action="Keep the changes" onCancel={onClose}>
        <Switch label="It opens the router" checked={isOn} onCheckedChange={setOn} />
        <KeyFields wish={wish} onChange={setWish} />
        {gateways.length > 1 && (
          <SelectField
            label="Workspace (gateway)"
            value={place}
            options={gateways.map((name) => [name, name] as const)}
            onChange={setPlace}
          />
        )}
        <p className="m-0 text-xs text-kumo-subtle">
          {routerKey.expires_at ? `It expires ${moment(routerKey.expires_at, "minute")}.` : "It never expires."} That is
          said when a key is made, and stays so: for another day, make another key.
        </p>
      </Form>
    </Modal>
  );
}
