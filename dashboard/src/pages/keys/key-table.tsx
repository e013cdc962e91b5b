import { Button } from "@cloudflare/kumo/components/button";
import { ago, day, moment, usd } from "@/lib/format";
import type { RouterKey } from "@/pages/keys/api";
import { limitWords, resetsAt, shareUsed, standingOf } from "@/pages/keys/standing";
import type { KeyDoing } from "@/pages/keys/types";
import { Badge } from "@/ui/badge";
import { Empty } from "@/ui/empty";
import { Meter } from "@/ui/meter";
import { RowMenu } from "@/ui/row-menu";
import { type Column, Table } from "@/ui/table";

interface KeyTableProps {
  rows: RouterKey[] | undefined;
  mayEdit: boolean;
  isFiltered: boolean;
  onDo: (what: KeyDoing, key: RouterKey) => void;
  onCreate: () => void;
}

export function KeyTable({ rows, mayEdit, isFiltered, onDo, onCreate }: KeyTableProps) {
  return (
    <Table
      label="Keys of the router"
      columns={columnsOf(mayEdit, onDo)}
      rows={rows}
      keyOf={(key) => key.hash}
      onOpen={(key) => onDo("open", key)}
      empty={isFiltered ? <NoneFits /> : <None mayEdit={mayEdit} onCreate={onCreate} />}
    />
  );
}

function columnsOf(mayEdit: boolean, onDo: KeyTableProps["onDo"]): Column<RouterKey>[] {
  return [
    { key: "name", label: "Key", by: (key) => key.name, cell: (key) => <Name routerKey={key} onDo={onDo} /> },
    {
      key: "standing",
      label: "Status",
      by: (key) => standingOf(key).word,
      cell: (key) => {
        const { word, tone } = standingOf(key);
        return <Badge tone={tone}>{word}</Badge>;
      },
    },
    { key: "limit", label: "Limit", by: (key) => shareUsed(key) ?? -1, cell: (key) => <Limit routerKey={key} /> },
    money("day", "Today", (key) => key.usage_daily),
    money("week", "This week", (key) => key.usage_weekly),
    money("month", "This month", (key) => key.usage_monthly),
    money("all", "In all", (key) => key.usage),
    {
      key: "expires",
      label: "Expires",
      by: (key) => key.expires_at,
      className: "whitespace-nowrap",
      cell: (key) =>
        key.expires_at ? <span title={moment(key.expires_at)}>{day(key.expires_at)}</span> : <Never word="never" />,
    },
    {
      key: "used",
      label: "Last used",
      by: (key) => key.last_used_at,
      className: "whitespace-nowrap",
      cell: (key) =>
        key.last_used_at ? (
          <span title={`${moment(key.last_used_at)}, to the hour`}>{ago(key.last_used_at)}</span>
        ) : (
          <Never word="never" />
        ),
    },
    ...(mayEdit ? [actionsOf(onDo)] : []),
  ];
}

function money(key: string, label: string, of: (key: RouterKey) => number): Column<RouterKey> {
  return { key, label, by: of, isNumber: true, cell: (row) => usd(of(row)) };
}

function actionsOf(onDo: KeyTableProps["onDo"]): Column<RouterKey> {
  return {
    key: "actions",
    label: "",
    isNumber: true,
    cell: (key) => (
      <RowMenu
        of={key.name}
        actions={[
          { label: "Change…", run: () => onDo("edit", key) },
          { label: key.disabled ? "Enable" : "Disable", run: () => onDo("switch", key) },
          { label: "Delete…", run: () => onDo("delete", key), isDangerous: true },
        ]}
      />
    ),
  };
}

function Name({ routerKey, onDo }: { routerKey: RouterKey; onDo: KeyTableProps["onDo"] }) {
  return (
    <div className="min-w-36">
      <button
        type="button"
        onClick={(event) => {
          event.stopPropagation();
          onDo("open", routerKey);
        }}
        className="cursor-pointer border-0 bg-transparent p-0 text-left font-medium text-inherit hover:underline"
      >
        {routerKey.name}
      </button>
      <div className="font-mono text-xs whitespace-nowrap text-kumo-subtle">{routerKey.label}</div>
    </div>
  );
}

export function Limit({ routerKey, className }: { routerKey: RouterKey; className?: string }) {
  const share = shareUsed(routerKey);
  if (share === null) return <Never word="no limit" />;
  const anew = resetsAt(routerKey.limit_reset, Date.now());
  return (
    <span title={anew ? `begins anew ${moment(anew, "minute")}` : "for good"}>
      <Meter label="Used of the limit" share={share} words={limitWords(routerKey)} className={className ?? "w-44"} />
    </span>
  );
}

const Never = ({ word }: { word: string }) => <span className="text-kumo-subtle">{word}</span>;

const NoneFits = () => (
  <Empty title="No key is called so" about="Search for a part of its name or of what is shown of it." />
);

function None({ mayEdit, onCreate }: { mayEdit: boolean; onCreate: () => void }) {
  return (
    <Empty
      title="No key yet"
      about={
        <>
          A key opens the router at <code>/api/v1</code>, which takes whatever OpenRouter takes. Give each application
          its own, with a limit: what it spends is then told apart, and bounded.
        </>
      }
      action={
        mayEdit && (
          <Button variant="primary" onClick={onCreate}>
            Create a key
          </Button>
        )
      }
    />
  );
}
