import { ago, moment } from "@/lib/format";
import { nameOf } from "@/pages/audit/entry-name";
import type { Entry } from "@/pages/audit/types";
import { actionWords, interfaceWords, resourceWords } from "@/pages/audit/words";
import { Badge } from "@/ui/badge";
import { Empty } from "@/ui/empty";
import { type Column, Table } from "@/ui/table";

interface AuditTableProps {
  entries: Entry[] | undefined;
  isFiltered: boolean;
  onOpen: (entry: Entry) => void;
}

export function AuditTable({ entries, isFiltered, onOpen }: AuditTableProps) {
  return (
    <Table
      label="Entries of the audit log"
      columns={columnsOf(onOpen)}
      rows={entries}
      keyOf={(entry) => entry.id}
      onOpen={onOpen}
      empty={
        isFiltered ? (
          <Empty title="No entry fits" about="Take a filter away, or look at a longer time." />
        ) : (
          <Empty
            title="Nothing was changed yet"
            about="Each change of a gateway, a key, a token or a user is written here by the same transaction that makes it: neither is ever there without the other."
          />
        )
      }
    />
  );
}

function columnsOf(onOpen: AuditTableProps["onOpen"]): Column<Entry>[] {
  return [
    {
      key: "when",
      label: "When",
      className: "whitespace-nowrap",
      cell: (entry) => (
        <button
          type="button"
          aria-label={`Open the entry of ${moment(entry.when)}`}
          onClick={(event) => {
            event.stopPropagation();
            onOpen(entry);
          }}
          className="tabular cursor-pointer border-0 bg-transparent p-0 text-inherit hover:underline"
          title={ago(entry.when)}
        >
          {moment(entry.when)}
        </button>
      ),
    },
    {
      key: "actor",
      label: "Who",
      cell: (entry) => (
        <div className="min-w-28">
          {entry.actor.name || entry.actor.id}
          <div className="text-xs text-kumo-subtle">{interfaceWords(entry.interface)}</div>
        </div>
      ),
    },
    {
      key: "action",
      label: "Did",
      cell: (entry) => {
        const { word, tone } = actionWords(entry.action.type, entry.action.result === false);
        return <Badge tone={tone}>{word}</Badge>;
      },
    },
    {
      key: "resource",
      label: "What",
      className: "whitespace-nowrap",
      cell: (entry) => resourceWords(entry.resource.type),
    },
    {
      key: "id",
      label: "Which",
      cell: (entry) => {
        const name = nameOf(entry);
        return (
          <div className="max-w-80 min-w-32">
            {name && <div className="truncate">{name}</div>}
            <code className="block truncate text-xs text-kumo-subtle" title={entry.resource.id}>
              {entry.resource.id}
            </code>
          </div>
        );
      },
    },
  ];
}
