import { Button } from "@cloudflare/kumo/components/button";
import { ago, moment } from "@/lib/format";
import type { Provider, ProviderDoing } from "@/pages/custom-providers/types";
import { Badge } from "@/ui/badge";
import { Empty } from "@/ui/empty";
import { RowMenu } from "@/ui/row-menu";
import { type Column, Table } from "@/ui/table";

interface ProviderTableProps {
  providers: Provider[] | undefined;
  mayEdit: boolean;
  isFiltered: boolean;
  onDo: (what: ProviderDoing, provider: Provider) => void;
  onCreate: () => void;
}

export function ProviderTable({ providers, mayEdit, isFiltered, onDo, onCreate }: ProviderTableProps) {
  return (
    <Table
      label="Custom providers"
      columns={columnsOf(mayEdit, onDo)}
      rows={providers}
      keyOf={(one) => one.id}
      onOpen={(one) => onDo("open", one)}
      empty={
        isFiltered ? (
          <Empty title="No provider is called so" about="Search for a part of its name, its slug or its id." />
        ) : (
          <Empty
            title="No provider of your own yet"
            about={
              <>
                Add an upstream by its base URL, and call it through any gateway as <code>custom-NAME</code>: with logs,
                cache, limits, retries and costs, as any other provider.
              </>
            }
            action={
              mayEdit && (
                <Button variant="primary" onClick={onCreate}>
                  Add a provider
                </Button>
              )
            }
          />
        )
      }
    />
  );
}

function columnsOf(mayEdit: boolean, onDo: ProviderTableProps["onDo"]): Column<Provider>[] {
  const columns: Column<Provider>[] = [
    { key: "name", label: "Provider", by: (one) => one.name, cell: (one) => <Name provider={one} onDo={onDo} /> },
    {
      key: "standing",
      label: "Status",
      by: (one) => Number(one.enable),
      cell: (one) => (
        <span className="flex gap-1">
          <Badge tone={one.enable ? "good" : "plain"}>{one.enable ? "enabled" : "disabled"}</Badge>
          {one.beta && <Badge tone="info">beta</Badge>}
        </span>
      ),
    },
    {
      key: "base",
      label: "Base URL",
      by: (one) => one.base_url,
      cell: (one) => (
        <code className="block max-w-80 truncate text-xs" title={one.base_url}>
          {one.base_url}
        </code>
      ),
    },
    {
      key: "modified",
      label: "Changed",
      by: (one) => one.modified_at,
      className: "whitespace-nowrap",
      cell: (one) => <span title={moment(one.modified_at)}>{ago(one.modified_at)}</span>,
    },
  ];
  if (!mayEdit) return columns;
  return [
    ...columns,
    {
      key: "actions",
      label: "",
      isNumber: true,
      cell: (one) => (
        <RowMenu
          of={one.name}
          actions={[
            { label: "Prices…", run: () => onDo("open", one) },
            { label: "Change…", run: () => onDo("edit", one) },
            { label: one.enable ? "Disable" : "Enable", run: () => onDo("switch", one) },
            { label: "Delete…", run: () => onDo("delete", one), isDangerous: true },
          ]}
        />
      ),
    },
  ];
}

function Name({ provider, onDo }: { provider: Provider; onDo: ProviderTableProps["onDo"] }) {
  return (
    <div className="flex min-w-44 items-center gap-2.5">
      <img
        src={`data:image/svg+xml;base64,${provider.logo}`}
        alt=""
        width={28}
        height={28}
        className="shrink-0 rounded-md"
      />
      <div className="min-w-0">
        <button
          type="button"
          onClick={(event) => {
            event.stopPropagation();
            onDo("open", provider);
          }}
          className="cursor-pointer border-0 bg-transparent p-0 text-left font-medium text-inherit hover:underline"
        >
          {provider.name}
        </button>
        <div className="font-mono text-xs text-kumo-subtle">custom-{provider.slug}</div>
      </div>
    </div>
  );
}
