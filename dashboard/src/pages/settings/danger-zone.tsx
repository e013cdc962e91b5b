/** What cannot be undone. */

import { Button } from "@cloudflare/kumo/components/button";
import { type ReactNode, useState } from "react";
import { useNavigate } from "react-router";
import { client, refresh } from "@/api/client";
import { useSession } from "@/api/session";
import { Confirm } from "@/ui/confirm";
import { Entry } from "@/ui/entry";
import { useNotify } from "@/ui/notices";

export function DangerZone({ gateway }: { gateway: string }) {
  const [asked, setAsked] = useState<"purge" | "delete" | null>(null);
  return (
    <section
      id="danger"
      aria-labelledby="danger-title"
      className="scroll-mt-16 rounded-lg border border-kumo-danger bg-kumo-base lg:scroll-mt-5"
    >
      <h2 id="danger-title" className="m-0 px-4 pt-3.5 pb-3 text-base font-semibold">
        Danger zone
      </h2>
      <Deed
        title="Clear the cache"
        about="Answers that were cached are found no more, all of them or those of one cache key. Requests are answered by providers again, and cost again."
        action={<Button onClick={() => setAsked("purge")}>Clear the cache…</Button>}
      />
      <Deed
        title="Delete the gateway"
        about="Whoever calls it is refused from then on. Its settings, stored keys, datasets and evaluations go; its logs stay in the store."
        action={
          <Button variant="secondary-destructive" onClick={() => setAsked("delete")}>
            Delete the gateway…
          </Button>
        }
      />
      {asked === "purge" && <Purge gateway={gateway} onClose={() => setAsked(null)} />}
      {asked === "delete" && <Delete gateway={gateway} onClose={() => setAsked(null)} />}
    </section>
  );
}

function Deed({ title, about, action }: { title: string; about: string; action: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 border-t border-kumo-hairline px-4 py-4">
      <div className="min-w-0 max-w-2xl">
        <h3 className="m-0 text-sm font-medium">{title}</h3>
        <p className="m-0 mt-0.5 text-sm text-kumo-subtle">{about}</p>
      </div>
      {action}
    </div>
  );
}

interface AskedProps {
  gateway: string;
  onClose: () => void;
}

function Purge({ gateway, onClose }: AskedProps) {
  const { account_id } = useSession();
  const notify = useNotify();
  const [key, setKey] = useState("");
  const purge = async () => {
    const params = { path: { account_id, gateway_id: gateway }, query: key ? { key } : {} };
    try {
      await client.DELETE("/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/cache", { params });
      notify.done("The cache is cleared", "No worker gives those answers any more within a second.");
      onClose();
      await refresh();
    } catch (error) {
      notify.problem("The cache is not cleared", error);
    }
  };
  return (
    <Confirm title="Clear the cache?" action="Clear it" onConfirm={purge} onClose={onClose}>
      <Entry
        label="Only this cf-aig-cache-key"
        isLabelled
        value={key}
        onChange={setKey}
        placeholder="empty: everything"
      />
    </Confirm>
  );
}

function Delete({ gateway, onClose }: AskedProps) {
  const { account_id } = useSession();
  const notify = useNotify();
  const navigate = useNavigate();
  const remove = async () => {
    try {
      await client.DELETE("/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}", {
        params: { path: { account_id, gateway_id: gateway } },
      });
      sessionStorage.removeItem("torana-gateway");
      navigate("/", { replace: true });
      notify.done(`The gateway ${gateway} is deleted`);
      await refresh();
    } catch (error) {
      notify.problem("The gateway is not deleted", error);
    }
  };
  return (
    <Confirm
      title={`Delete the gateway ${gateway}?`}
      action="Delete the gateway"
      typed={gateway}
      onConfirm={remove}
      onClose={onClose}
    >
      <p className="m-0">
        Clients that call it are refused within a second. Its stored keys of providers cannot be had back.
      </p>
    </Confirm>
  );
}
