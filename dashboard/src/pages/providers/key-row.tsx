/** One stored key, without its secret. */

import { Button } from "@cloudflare/kumo/components/button";
import { PencilSimpleIcon } from "@phosphor-icons/react/PencilSimple";
import { TrashIcon } from "@phosphor-icons/react/Trash";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client, refresh } from "@/api/client";
import { send } from "@/api/http";
import { useMay } from "@/api/session";
import { ago, day, duration, moment, plural } from "@/lib/format";
import type { StoredKey } from "@/pages/providers/provider";
import { useGateway } from "@/shell/gateway";
import { Badge } from "@/ui/badge";
import { Confirm } from "@/ui/confirm";
import { useNotify } from "@/ui/notices";

const CONFIG =
  "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/provider_configs/{provider_config_id}";

interface KeyRowProps {
  stored: StoredKey;
  isUsed: boolean;
  onEdit: () => void;
}

export function KeyRow({ stored, isUsed, onEdit }: KeyRowProps) {
  const may = useMay();
  const { account, gateway } = useGateway();
  const notify = useNotify();
  const [isDoomed, setDoomed] = useState(false);
  const path = { account_id: account, gateway_id: gateway, provider_config_id: stored.id };
  const makeDefault = async () => {
    try {
      await client.PUT(CONFIG, { params: { path }, body: { default_config: true } });
      notify.done(`${stored.alias} is the default key`, "Requests that name no alias use it within a second.");
      await refresh();
    } catch (error) {
      notify.problem("The default key is as it was", error);
    }
  };
  return (
    <li className="flex flex-wrap items-start justify-between gap-3 rounded-md border border-kumo-line bg-kumo-elevated p-3">
      <div className="min-w-0 text-sm">
        <div className="flex flex-wrap items-center gap-2">
          <span className="font-medium break-all">{stored.alias}</span>
          <code className="font-mono text-xs break-all text-kumo-subtle">{stored.secret_preview}</code>
          {isUsed && <Badge tone="good">{stored.default_config ? "Default" : "Used by its name"}</Badge>}
        </div>
        <p className="tabular m-0 mt-1 text-xs text-kumo-subtle">
          <span title={moment(stored.modified_at)}>{`Set ${day(stored.modified_at)}`}</span>
          {stored.rate_limit !== null &&
            ` · at most ${plural(stored.rate_limit, "request")} in ${duration((stored.rate_limit_period ?? 60) * 1000)}`}
          <LastUse stored={stored} />
        </p>
      </div>
      {may("edit") && (
        <span className="flex shrink-0 items-center gap-1">
          {!stored.default_config && (
            <Button size="sm" onClick={makeDefault}>
              Make default
            </Button>
          )}
          <Button
            variant="ghost"
            shape="square"
            aria-label={`Change ${stored.alias}`}
            icon={<PencilSimpleIcon size={16} />}
            onClick={onEdit}
          />
          <Button
            variant="ghost"
            shape="square"
            aria-label={`Delete ${stored.alias}`}
            icon={<TrashIcon size={16} />}
            onClick={() => setDoomed(true)}
          />
        </span>
      )}
      {isDoomed && <DeleteKey stored={stored} onClose={() => setDoomed(false)} />}
    </li>
  );
}

interface Found {
  result: { created_at: string }[];
}

/** As the logs have it. */
function LastUse({ stored }: { stored: StoredKey }) {
  const { account, gateway } = useGateway();
  const query = new URLSearchParams({
    provider: stored.provider_slug,
    credential: `stored:${stored.alias}`,
    per_page: "1",
  });
  const found = useQuery({
    queryKey: ["last-use", account, gateway, stored.id],
    queryFn: () =>
      send<Found>("GET", `/client/v4/accounts/${account}/ai-gateway/gateways/${gateway}/logs?${query.toString()}`),
    retry: false,
  });
  if (!found.data) return null;
  const last = found.data.result[0]?.created_at;
  return <span title={moment(last)}>{last ? ` · used ${ago(last)}` : " · no log of its use"}</span>;
}

function DeleteKey({ stored, onClose }: { stored: StoredKey; onClose: () => void }) {
  const { account, gateway } = useGateway();
  const notify = useNotify();
  const remove = async () => {
    const path = { account_id: account, gateway_id: gateway, provider_config_id: stored.id };
    try {
      await client.DELETE(CONFIG, { params: { path } });
      notify.done(`The key ${stored.alias} is deleted`);
      onClose();
      await refresh();
    } catch (error) {
      notify.problem("The key is not deleted", error);
    }
  };
  return (
    <Confirm title={`Delete the key ${stored.alias}?`} action="Delete the key" onConfirm={remove} onClose={onClose}>
      {`Requests that use it are refused, or sent without a key, within a second. It ends in ${stored.secret_preview} and cannot be had back from here.`}
    </Confirm>
  );
}
