/** A plain table: columns as data, sorted by a click, with a place for what is not there yet. */

import { CaretDownIcon } from "@phosphor-icons/react/CaretDown";
import { CaretUpIcon } from "@phosphor-icons/react/CaretUp";
import { type ReactNode, useMemo, useState } from "react";
import { Placeholder } from "@/ui/loading";

export interface Column<Row> {
  key: string;
  label: string;
  cell: (row: Row) => ReactNode;
  /** What it is sorted by; without it the column cannot be sorted by. */
  by?: (row: Row) => number | string | null;
  isNumber?: boolean;
  className?: string;
}

interface TableProps<Row> {
  label: string;
  columns: Column<Row>[];
  /** Undefined while they are on their way. */
  rows: Row[] | undefined;
  keyOf: (row: Row) => string;
  /** Shown instead of the table where there are no rows. */
  empty: ReactNode;
  first?: { key: string; isDescending: boolean };
  onOpen?: (row: Row) => void;
}

const PLACES = 5;

export function Table<Row>({ label, columns, rows, keyOf, empty, first, onOpen }: TableProps<Row>) {
  const [order, setOrder] = useState(first ?? { key: "", isDescending: true });
  const sorted = useMemo(() => sortedBy(rows, columns, order), [rows, columns, order]);
  if (sorted?.length === 0) return <div className="p-4">{empty}</div>;
  const sort = (column: Column<Row>) =>
    setOrder({
      key: column.key,
      isDescending: order.key === column.key ? !order.isDescending : Boolean(column.isNumber),
    });
  return (
    <table className="w-full border-collapse text-sm" aria-label={label} aria-busy={rows === undefined}>
      <thead>
        <tr className="border-b border-kumo-line">
          {columns.map((column) => {
            const isOrder = column.by && order.key === column.key;
            return (
              <th
                key={column.key}
                scope="col"
                aria-sort={isOrder ? (order.isDescending ? "descending" : "ascending") : undefined}
                className={`px-4 py-2 text-xs font-medium whitespace-nowrap text-kumo-subtle ${column.isNumber ? "text-right" : "text-left"}`}
              >
                {column.by ? (
                  <button
                    type="button"
                    onClick={() => sort(column)}
                    className="inline-flex cursor-pointer items-center gap-1 border-0 bg-transparent p-0 font-medium text-inherit"
                  >
                    {column.label}
                    {isOrder && (order.isDescending ? <CaretDownIcon aria-hidden /> : <CaretUpIcon aria-hidden />)}
                  </button>
                ) : (
                  column.label
                )}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>
        {sorted
          ? sorted.map((row) => (
              <tr
                key={keyOf(row)}
                className={`border-b border-kumo-hairline last:border-0 ${onOpen ? "cursor-pointer hover:bg-kumo-tint" : ""}`}
                onClick={onOpen && (() => onOpen(row))}
              >
                {columns.map((column) => (
                  <td
                    key={column.key}
                    className={`px-4 py-2 align-middle ${column.isNumber ? "tabular text-right whitespace-nowrap" : ""} ${column.className ?? ""}`}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))
          : Array.from({ length: PLACES }, (_, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: places have nothing else
              <tr key={place} className="border-b border-kumo-hairline last:border-0">
                {columns.map((column) => (
                  <td key={column.key} className="px-4 py-2.5">
                    <Placeholder />
                  </td>
                ))}
              </tr>
            ))}
      </tbody>
    </table>
  );
}

/** What is not known stands last, whichever the direction. */
function sortedBy<Row>(
  rows: Row[] | undefined,
  columns: Column<Row>[],
  order: { key: string; isDescending: boolean },
): Row[] | undefined {
  const by = columns.find((column) => column.key === order.key)?.by;
  if (!rows || !by) return rows;
  const sign = order.isDescending ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [by(one), by(other)];
    if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
    return sign * (typeof a === "string" ? a.localeCompare(String(b)) : a - Number(b));
  });
}
