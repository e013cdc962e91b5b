import { bytes, count, UNKNOWN } from "@/lib/format";
import type { StoreRow } from "@/pages/system/api";
import { Empty } from "@/ui/empty";
import { type Column, Table } from "@/ui/table";

const COLUMNS: Column<StoreRow>[] = [
  { key: "kind", label: "Kind", by: (one) => one.kind, cell: (one) => one.kind },
  {
    key: "where",
    label: "Where",
    by: (one) => one.where,
    cell: (one) => (
      <code className="block max-w-96 truncate text-xs" title={one.where}>
        {one.where}
      </code>
    ),
  },
  { key: "rows", label: "Rows", by: (one) => one.rows, isNumber: true, cell: (one) => count(one.rows) },
  { key: "bytes", label: "Size", by: (one) => one.bytes, isNumber: true, cell: (one) => bytes(one.bytes) },
  {
    key: "revision",
    label: "Schema",
    cell: (one) => (one.revision ? <code className="text-xs">{one.revision}</code> : UNKNOWN),
  },
];

export function StoreTable({ stores }: { stores: StoreRow[] | undefined }) {
  return (
    <Table
      label="Stores"
      columns={COLUMNS}
      rows={stores}
      keyOf={(one) => `${one.kind} ${one.where}`}
      empty={<Empty title="No store tells how it is" about="The server's terminal says why." />}
    />
  );
}
