/** Makes a gateway with the usual settings, and goes to its Quick start. */

import { Button } from "@cloudflare/kumo/components/button";
import { Input } from "@cloudflare/kumo/components/input";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { client, refresh, type Schemas } from "@/api/client";
import { useSession } from "@/api/session";
import { problemOf } from "@/pages/overview/gateway-id";
import { useGateways } from "@/shell/gateway";
import { Modal } from "@/ui/modal";
import { useNotify } from "@/ui/notices";

/** What Cloudflare's API requires to be said; the rest is at its default. */
const USUAL = {
  cache_invalidate_on_update: false,
  cache_ttl: 0,
  collect_logs: true,
  rate_limiting_interval: 0,
  rate_limiting_limit: 0,
};

export default function CreateGateway({ onClose }: { onClose: () => void }) {
  const { account_id, url } = useSession();
  const [id, setId] = useState("");
  const [isBusy, setBusy] = useState(false);
  const gateways = useGateways();
  const notify = useNotify();
  const navigate = useNavigate();
  const problem = problemOf(id, gateways.data?.result.map((one) => one.id) ?? []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!id || problem) return;
    setBusy(true);
    try {
      await client.POST("/client/v4/accounts/{account_id}/ai-gateway/gateways", {
        params: { path: { account_id } },
        body: { ...USUAL, id } as Schemas["NewGateway"],
      });
      notify.done(`The gateway ${id} is made`, "It takes requests in a moment.");
      await refresh();
      navigate(`/gateways/${encodeURIComponent(id)}/start`);
    } catch (error) {
      notify.problem("The gateway is not made", error);
      setBusy(false);
    }
  };
  return (
    <Modal
      title="Create a gateway"
      about="A gateway has its own logs, cache, limits and keys. One for each application or environment is usual."
      onClose={onClose}
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Input
          label="Name"
          placeholder="chat-app"
          autoComplete="off"
          spellCheck={false}
          autoFocus
          required
          value={id}
          onChange={(event) => setId(event.target.value)}
          error={problem ?? undefined}
          description="1 to 64 of a-z, 0-9 and _, with single - between. It stands in the URL and cannot be changed later."
        />
        <p className="m-0 text-sm text-kumo-subtle">
          Clients will call{" "}
          <code className="break-all text-kumo-default">
            {url}/v1/{account_id}/{id && !problem ? id : "…"}/
          </code>
        </p>
        <div className="flex justify-end gap-2">
          <Button type="button" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" variant="primary" loading={isBusy} disabled={!id || problem !== null}>
            Create the gateway
          </Button>
        </div>
      </form>
    </Modal>
  );
}
