/** Providers that a gateway can call, and the keys that it keeps for them. */

import { Button } from "@cloudflare/kumo/components/button";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { useMemo } from "react";
import { api } from "@/api/client";
import { useMay } from "@/api/session";
import { count, usd } from "@/lib/format";
import { useTyped } from "@/lib/typed";
import { useUrlChange, useUrlState } from "@/lib/url-state";
import { KeyDialog } from "@/pages/providers/key-dialog";
import {
  formatsOf,
  type Shown,
  shownOf,
  usedOf,
  useProviders,
  useStoredKeys,
  type Which,
} from "@/pages/providers/provider";
import { ProviderDrawer } from "@/pages/providers/provider-drawer";
import { WhichKey } from "@/pages/providers/which-key";
import { useGateway } from "@/shell/gateway";
import { Badge } from "@/ui/badge";
import { Card } from "@/ui/card";
import { Choice } from "@/ui/choice";
import { Empty } from "@/ui/empty";
import { Entry } from "@/ui/entry";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";
import { ReadOnly } from "@/ui/read-only";
import { type Column, Table } from "@/ui/table";

const WHICH: [Which, string][] = [
  ["all", "All providers"],
  ["keys", "With a stored key"],
  ["custom", "Custom ones"],
];

export default function Providers() {
  const { gateway } = useGateway();
  const may = useMay();
  const change = useUrlChange();
  const [text, setText] = useUrlState("q");
  const [typed, type, leave] = useTyped(text);
  const [which, setWhich] = useUrlState("show", "all");
  const [open] = useUrlState("provider");
  const [added] = useUrlState("add");
  const { rows, error, retry } = useRows();
  const shown = useMemo(() => rows && shownOf(rows, which as Which, text), [rows, which, text]);
  const find = (slug: string) => rows?.find((row) => row.provider.slug === slug);
  const [opened, adding] = [find(open), find(added)];
  return (
    <Page
      title="Providers and keys"
      about={`Whom the gateway ${gateway} can call. A key that is stored here is sealed on the server, and callers with an API token need none of their own.`}
    >
      <ReadOnly what="store, change and delete keys" />
      <WhichKey />
      {error !== null && <Problem error={error} onRetry={retry} />}
      <Card
        title={shown && rows ? `${shown.length} of ${rows.length} providers` : "Providers"}
        isFlush
        actions={
          <div className="flex flex-wrap items-center gap-2">
            <Entry
              label="Search providers"
              value={typed}
              onChange={(next) => {
                type(next);
                setText(next);
              }}
              onBlur={leave}
              placeholder="Search by name or format"
              className="w-44 sm:w-60"
            />
            <Choice label="Which providers" value={which as Which} options={WHICH} onChange={setWhich} />
          </div>
        }
      >
        <Table
          label="Providers"
          columns={columnsOf(may("edit"), change)}
          rows={shown}
          keyOf={(row) => row.provider.slug}
          onOpen={(row) => change({ provider: row.provider.slug })}
          empty={<NoProvider which={which as Which} text={text} />}
        />
      </Card>
      {opened && !adding && <ProviderDrawer row={opened} onClose={() => change({ provider: null })} />}
      {adding && may("edit") && <KeyDialog row={adding} stored={null} onClose={() => change({ add: null })} />}
    </Page>
  );
}

function NoProvider({ which, text }: { which: Which; text: string }) {
  if (which === "keys" && !text) {
    return (
      <Empty
        title="No key is stored yet"
        about={
          <>
            Choose a provider and add its key, or type it into a terminal:{" "}
            <code className="font-mono">torana provider-keys set openai --default</code>
          </>
        }
      />
    );
  }
  return <Empty title="No provider is like that" about="Search for less, or make one of your own: Custom providers." />;
}

type Change = ReturnType<typeof useUrlChange>;

function columnsOf(canEdit: boolean, change: Change): Column<Shown>[] {
  return [
    { key: "name", label: "Provider", cell: (row) => <Name row={row} change={change} /> },
    { key: "keys", label: "Stored keys", cell: (row) => <Keys row={row} /> },
    {
      key: "formats",
      label: "Formats",
      cell: ({ provider }) => <span className="text-xs text-kumo-subtle">{formatsOf(provider).join(", ")}</span>,
    },
    {
      key: "requests",
      label: "Requests, 30 days",
      isNumber: true,
      cell: (row) => (row.requests ? count(row.requests) : "–"),
    },
    { key: "cost", label: "Cost, 30 days", isNumber: true, cell: (row) => usd(row.cost) },
    ...(canEdit ? [{ key: "add", label: "", cell: (row: Shown) => <Add row={row} change={change} /> }] : []),
  ];
}

function Name({ row: { provider }, change }: { row: Shown; change: Change }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <button
        type="button"
        onClick={(event) => {
          event.stopPropagation();
          change({ provider: provider.slug });
        }}
        className="cursor-pointer border-0 bg-transparent p-0 text-left font-medium text-kumo-default hover:underline"
      >
        {provider.name}
      </button>
      <code className="font-mono text-xs text-kumo-subtle">{provider.slug}</code>
      {provider.is_custom && <Badge tone="info">Custom</Badge>}
    </span>
  );
}

function Keys({ row: { provider, keys } }: { row: Shown }) {
  if (!provider.needs_key && keys.length === 0) return <span className="text-kumo-subtle">needs none</span>;
  if (keys.length === 0) return <span className="text-kumo-subtle">–</span>;
  const used = usedOf(keys);
  return (
    <span className="flex flex-wrap gap-1">
      {keys.map((key) => (
        <Badge key={key.id} tone={key === used ? "good" : "plain"} title={key === used ? "Used by default" : key.alias}>
          {key === used && key.alias !== "default" ? `${key.alias} · default` : key.alias}
        </Badge>
      ))}
    </span>
  );
}

function Add({ row: { provider }, change }: { row: Shown; change: Change }) {
  if (!provider.needs_key) return null;
  return (
    <span className="flex justify-end">
      <Button
        size="sm"
        icon={<PlusIcon />}
        aria-label={`Add a key of ${provider.name}`}
        onClick={(event) => {
          event.stopPropagation();
          change({ add: provider.slug });
        }}
      >
        Add a key
      </Button>
    </span>
  );
}

const MONTH_MS = 30 * 86_400_000;
const MINUTE_MS = 60_000;

/** The providers with their keys, and what each of them was called for. */
function useRows() {
  const { account, gateway } = useGateway();
  const providers = useProviders(account);
  const keys = useStoredKeys(account, gateway);
  // To the minute, so that the same question has the same answer for a while.
  const since = new Date(Math.floor((Date.now() - MONTH_MS) / MINUTE_MS) * MINUTE_MS).toISOString();
  const usage = api.useQuery("get", "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/analytics", {
    params: {
      path: { account_id: account, gateway_id: gateway },
      query: { metrics: "requests,cost", dimensions: "provider", since },
    },
  });
  const rows = useMemo(() => {
    if (!providers.data || !keys.data) return undefined;
    const used = new Map(usage.data?.result.rows.map((row) => [row.dimensions?.provider, row.metrics]));
    return providers.data.result.map((provider): Shown => {
      const figures = used.get(provider.slug);
      return {
        provider,
        keys: keys.data.filter((key) => key.provider_slug === provider.slug),
        requests: figures?.requests ?? 0,
        cost: figures?.cost ?? null,
      };
    });
  }, [providers.data, keys.data, usage.data]);
  const failed = [providers, keys].find((query) => query.isError);
  const retry = () => {
    for (const query of [providers, keys]) query.refetch();
  };
  return { rows, error: failed ? failed.error : null, retry };
}
