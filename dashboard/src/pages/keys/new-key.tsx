import { useState } from "react";
import { refresh } from "@/api/client";
import { send } from "@/api/http";
import { useSession } from "@/api/session";
import { type Expiry, momentOf } from "@/lib/expiry";
import { useSubmit } from "@/lib/submit";
import { KEYS, type Made } from "@/pages/keys/api";
import { bodyOf, KeyFields, NO_WISH } from "@/pages/keys/key-fields";
import { snippetsFor } from "@/pages/keys/snippets";
import { useGateways } from "@/shell/gateway";
import { ExpiryChoice } from "@/ui/expiry-choice";
import { FieldRow, Form } from "@/ui/form";
import { Modal } from "@/ui/modal";
import { useNotify } from "@/ui/notices";
import { SelectField } from "@/ui/select-field";
import { ShownOnce, Snippets } from "@/ui/shown-once";

interface NewKeyProps {
  workspace: string;
  /** Shows the workspace that the key is of. */
  onMade: (workspace: string) => void;
  onClose: () => void;
}

export function NewKeyDialog({ workspace, onMade, onClose }: NewKeyProps) {
  const notify = useNotify();
  const [wish, setWish] = useState(NO_WISH);
  const [place, setPlace] = useState(workspace);
  const [expiry, setExpiry] = useState<Expiry>({ name: "never", day: "" });
  const [made, setMade] = useState<Made | null>(null);
  const gateways = useGateways().data?.result.map((one) => one.id) ?? [workspace];
  const submit = useSubmit(async () => {
    const body = { ...bodyOf(wish), workspace_id: place, expires_at: momentOf(expiry) };
    setMade(await send<Made>("POST", KEYS, body));
    notify.done(`The key ${body.name} is made`);
    onMade(place);
    await refresh();
  });
  if (made) return <KeyShown made={made} onClose={onClose} />;
  return (
    <Modal title="Create a key" about="For inference through the router. It is shown once." onClose={onClose}>
      <Form submit={submit} action="Create the key" onCancel={onClose}>
        <KeyFields wish={wish} onChange={setWish} />
        <FieldRow>
          <ExpiryChoice value={expiry} onChange={setExpiry} />
          {gateways.length > 1 && (
            <SelectField
              label="Workspace (gateway)"
              value={place}
              options={gateways.map((name) => [name, name] as const)}
              onChange={setPlace}
            />
          )}
        </FieldRow>
      </Form>
    </Modal>
  );
}

function KeyShown({ made, onClose }: { made: Made; onClose: () => void }) {
  const { url } = useSession();
  return (
    <ShownOnce title={`The key ${made.data.name}`} what="Key" secret={made.key} onClose={onClose}>
      <div>
        <p className="m-0 mb-2 text-sm">Try it; another model is another name, and nothing else.</p>
        <Snippets snippets={snippetsFor(url, made.key)} />
      </div>
    </ShownOnce>
  );
}
