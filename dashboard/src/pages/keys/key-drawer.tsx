/** All that is known of one key. */

import { Button } from "@cloudflare/kumo/components/button";
import type { ReactNode } from "react";
import { ago, moment, usd } from "@/lib/format";
import type { RouterKey } from "@/pages/keys/api";
import { Limit } from "@/pages/keys/key-table";
import { resetsAt, standingOf } from "@/pages/keys/standing";
import type { KeyDoing } from "@/pages/keys/types";
import { Badge } from "@/ui/badge";
import { CopyButton } from "@/ui/copy-button";
import { Drawer } from "@/ui/drawer";
import { Facts } from "@/ui/facts";

interface KeyDrawerProps {
  routerKey: RouterKey;
  mayEdit: boolean;
  onDo: (what: KeyDoing, key: RouterKey) => void;
  onClose: () => void;
}

export function KeyDrawer({ routerKey: key, mayEdit, onDo, onClose }: KeyDrawerProps) {
  const standing = standingOf(key);
  return (
    <Drawer
      title={key.name}
      onClose={onClose}
      actions={
        mayEdit && (
          <>
            <Button size="sm" onClick={() => onDo("switch", key)}>
              {key.disabled ? "Enable" : "Disable"}
            </Button>
            <Button size="sm" onClick={() => onDo("edit", key)}>
              Change…
            </Button>
          </>
        )
      }
    >
      <div className="flex flex-col gap-6">
        <Facts facts={factsOf(key, <Badge tone={standing.tone}>{standing.word}</Badge>)} />
        <Usage routerKey={key} />
      </div>
    </Drawer>
  );
}

function factsOf(key: RouterKey, standing: ReactNode): [string, ReactNode][] {
  const anew = resetsAt(key.limit_reset, Date.now());
  const facts: [string, ReactNode][] = [
    ["Status", standing],
    ["Shown of it", <code key="label">{key.label}</code>],
    [
      "Id in the API",
      <span key="hash" className="inline-flex max-w-full items-center gap-1">
        <code className="truncate text-xs">{key.hash}</code>
        <CopyButton text={key.hash} />
      </span>,
    ],
    ["Limit", <Limit key="limit" routerKey={key} className="w-56" />],
    ["The limit begins anew", anew ? `${moment(anew, "minute")} (${ago(anew)})` : "never"],
    ["Callers' own provider keys", key.include_byok_in_limit ? "count against the limit" : "do not count"],
    ["Workspace (gateway)", key.workspace_id],
    ["Made", moment(key.created_at)],
    ["Changed", key.updated_at ? moment(key.updated_at) : "never"],
    ["Expires", key.expires_at ? `${moment(key.expires_at)} (${ago(key.expires_at)})` : "never"],
    ["Last used", key.last_used_at ? `${ago(key.last_used_at)}, to the hour` : "never"],
  ];
  if (key.creator_user_id) facts.push(["Made for the user", key.creator_user_id]);
  if (key.external_user) facts.push(["Made for a partner's user", key.external_user]);
  return facts;
}

function Usage({ routerKey: key }: { routerKey: RouterKey }) {
  const rows: [string, number, number][] = [
    ["Today", key.usage_daily, key.byok_usage_daily],
    ["This week", key.usage_weekly, key.byok_usage_weekly],
    ["This month", key.usage_monthly, key.byok_usage_monthly],
    ["In all", key.usage, key.byok_usage],
  ];
  return (
    <section>
      <h3 className="m-0 mb-2 text-sm font-semibold">Used, by UTC days</h3>
      <table className="tabular w-full border-collapse text-sm">
        <thead>
          <tr className="border-b border-kumo-line text-xs text-kumo-subtle">
            <th scope="col" className="py-1.5 text-left font-medium">
              Period
            </th>
            <th scope="col" className="py-1.5 text-right font-medium">
              Credits
            </th>
            <th scope="col" className="py-1.5 text-right font-medium">
              With callers' own keys
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([period, credits, own]) => (
            <tr key={period} className="border-b border-kumo-hairline last:border-0">
              <th scope="row" className="py-1.5 text-left font-normal">
                {period}
              </th>
              <td className="py-1.5 text-right">{usd(credits)}</td>
              <td className="py-1.5 text-right">{usd(own)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
