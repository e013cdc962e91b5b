/** One provider: how to call it, and what its models cost. */

import { Button } from "@cloudflare/kumo/components/button";
import type { ReactNode } from "react";
import { useSession } from "@/api/session";
import { moment } from "@/lib/format";
import { rowsOf } from "@/pages/custom-providers/headers";
import { Prices } from "@/pages/custom-providers/prices-list";
import type { Provider, ProviderDoing } from "@/pages/custom-providers/types";
import { useLastGateway } from "@/shell/gateway";
import { Badge } from "@/ui/badge";
import { Code } from "@/ui/code";
import { Drawer } from "@/ui/drawer";
import { Facts } from "@/ui/facts";

interface ProviderDrawerProps {
  provider: Provider;
  mayEdit: boolean;
  onDo: (what: ProviderDoing, provider: Provider) => void;
  onClose: () => void;
}

export function ProviderDrawer({ provider, mayEdit, onDo, onClose }: ProviderDrawerProps) {
  return (
    <Drawer
      title={provider.name}
      onClose={onClose}
      actions={
        mayEdit && (
          <>
            <Button size="sm" onClick={() => onDo("switch", provider)}>
              {provider.enable ? "Disable" : "Enable"}
            </Button>
            <Button size="sm" onClick={() => onDo("edit", provider)}>
              Change…
            </Button>
          </>
        )
      }
    >
      <div className="flex flex-col gap-6">
        {provider.description && <p className="m-0 leading-normal whitespace-pre-wrap">{provider.description}</p>}
        <Facts facts={factsOf(provider)} />
        <Call provider={provider} />
        <Prices provider={provider} mayEdit={mayEdit} />
      </div>
    </Drawer>
  );
}

function factsOf(provider: Provider): [string, ReactNode][] {
  const headers = rowsOf(provider.headers);
  const facts: [string, ReactNode][] = [
    [
      "Status",
      <Badge key="status" tone={provider.enable ? "good" : "plain"}>
        {provider.enable ? "enabled" : "disabled"}
      </Badge>,
    ],
    ["Gateways call it as", <code key="slug">custom-{provider.slug}</code>],
    ["Base URL", <code key="base">{provider.base_url}</code>],
    [
      "Headers",
      headers.length ? (
        <span key="headers" className="font-mono text-xs">
          {headers.map((row) => (
            <span key={row.id} className="block">
              {row.name}: {row.value}
            </span>
          ))}
        </span>
      ) : (
        "none of its own: the caller's, and a key that the gateway keeps for it"
      ),
    ],
    ["Added", moment(provider.created_at)],
    ["Changed", moment(provider.modified_at)],
    ["Id in the API", <code key="id">{provider.id}</code>],
  ];
  if (provider.link && /^https?:\/\//i.test(provider.link)) {
    facts.splice(4, 0, [
      "Documentation",
      <a key="link" href={provider.link} target="_blank" rel="noreferrer" className="text-kumo-link">
        {provider.link}
      </a>,
    ]);
  }
  return facts;
}

function Call({ provider }: { provider: Provider }) {
  const { url, account_id } = useSession();
  const gateway = useLastGateway();
  const made = [
    `curl ${url.replace(/\/$/, "")}/v1/${account_id}/${gateway}/custom-${provider.slug}/chat/completions \\`,
    "  --header 'Content-Type: application/json' \\",
    `  --data '{"model": "MODEL", "messages": [{"role": "user", "content": "Hello"}]}'`,
  ].join("\n");
  return (
    <section>
      <h3 className="m-0 mb-2 text-sm font-semibold">Call it</h3>
      <Code label="How to call it" text={provider.curl_example ?? made} />
      {provider.js_example && (
        <div className="mt-2">
          <Code label="How to call it from JavaScript" text={provider.js_example} />
        </div>
      )}
    </section>
  );
}
