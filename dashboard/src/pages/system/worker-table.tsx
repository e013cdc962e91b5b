import { ago, bytes, exact, moment } from "@/lib/format";
import type { Worker } from "@/pages/system/api";
import { Empty } from "@/ui/empty";
import { type Column, Table } from "@/ui/table";

const COLUMNS: Column<Worker>[] = [
  { key: "pid", label: "Process", by: (one) => one.pid, cell: (one) => <code>{one.pid}</code> },
  {
    key: "started",
    label: "Started",
    by: (one) => one.started_at,
    className: "whitespace-nowrap",
    cell: (one) => <span title={moment(one.started_at)}>{ago(one.started_at)}</span>,
  },
  { key: "requests", label: "Requests", by: (one) => one.requests, isNumber: true, cell: (one) => exact(one.requests) },
  {
    key: "flight",
    label: "In flight",
    by: (one) => one.in_flight,
    isNumber: true,
    cell: (one) => exact(one.in_flight),
  },
  {
    key: "connections",
    label: "Connections",
    by: (one) => one.connections,
    isNumber: true,
    cell: (one) => exact(one.connections),
  },
  { key: "memory", label: "Memory", by: (one) => one.rss_bytes, isNumber: true, cell: (one) => bytes(one.rss_bytes) },
];

export function WorkerTable({ workers }: { workers: Worker[] | undefined }) {
  return (
    <Table
      label="Workers"
      columns={COLUMNS}
      rows={workers}
      keyOf={(one) => String(one.pid)}
      empty={
        <Empty
          title="No worker tells how it is"
          about="The server's terminal says why. It starts workers that die again by itself."
        />
      }
    />
  );
}
