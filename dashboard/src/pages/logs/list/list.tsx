/** The list itself: as many lines as there are logs, of which those in sight are drawn. */

// biome-ignore-all lint/a11y/useSemanticElements: lines lie where they are put, which those of a table do not
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and says which line is meant
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys are the grid's

import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef } from "react";
import { COLUMNS, type Layout, ROW_PX, Row, rowId } from "@/pages/logs/list/row";
import { type Rows, useRows } from "@/pages/logs/list/use-rows";
import type { Windows } from "@/pages/logs/list/windows";
import type { Direction, Order } from "@/pages/logs/selection";

export type Control = Pick<Rows, "reveal" | "toTop">;

interface ListProps {
  list: Windows;
  version: number;
  /** Dimmed: something else is on its way. */
  isOld: boolean;
  layout: Layout;
  /** Of the log that the keys move from, and of the one that is open. */
  active: string | null;
  open: string | null;
  order: Order;
  direction: Direction;
  onOrder: (order: Order, direction: Direction) => void;
  /** To a log further down or up. */
  onStep: (by: number) => void;
  onOpen: (id: string) => void;
  /** Whether new lines may come in at the top. */
  onTop: (isAtTop: boolean) => void;
  /** Filled with what scrolls it. */
  control: { current: Control | null };
}

const HEAD_PX = 34;
/** While the scroll bar is dragged nothing is asked for. */
const SETTLED_MS = 80;

export function List(props: ListProps) {
  const { list, version, layout, control, onTop } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const headPx = layout === "phone" ? 0 : HEAD_PX;
  const rowPx = ROW_PX[layout];
  const rows = useRows(scroller, list.length, rowPx, headPx);
  control.current = rows;
  useEffect(() => onTop(rows.isAtTop), [onTop, rows.isAtTop]);
  useNeeded(list, version, rows);
  const activeIndex = props.active === null ? -1 : list.indexOf(props.active);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.metaKey || event.ctrlKey || event.altKey) return;
    const by = STEPS[event.key];
    if (by) props.onStep(by);
    else if (event.key === "Enter" && activeIndex >= 0) props.onOpen(props.active ?? "");
    else return;
    event.preventDefault();
  };
  const onClick = (event: MouseEvent) => {
    const line = (event.target as Element).closest<HTMLElement>("[data-index]");
    const id = line && list.row(Number(line.dataset.index))?.id;
    if (id) props.onOpen(id);
  };
  return (
    <div
      ref={scroller}
      role="grid"
      data-scrolls="logs"
      aria-label="Logs"
      aria-rowcount={list.total?.isExact ? list.total.count + 1 : -1}
      aria-busy={props.isOld}
      aria-activedescendant={activeIndex >= rows.first && activeIndex <= rows.last ? rowId(activeIndex) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      className={`min-h-0 flex-1 overflow-y-auto overflow-x-hidden bg-kumo-base [contain:strict] [will-change:scroll-position] outline-offset-[-2px] ${props.isOld ? "opacity-60" : ""}`}
    >
      <Head {...props} />
      <div role="rowgroup" onClick={onClick} className="relative" style={{ height: rows.bodyPx }}>
        <Lines {...props} rows={rows} rowPx={rowPx} />
      </div>
    </div>
  );
}

const STEPS: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

function Lines({ list, version, rows, rowPx, layout, active, open }: ListProps & { rows: Rows; rowPx: number }) {
  const { first, last, shift } = rows;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version is the list's
  return useMemo(
    () =>
      Array.from({ length: Math.max(last - first + 1, 0) }, (_, at) => {
        const index = first + at;
        const row = list.row(index);
        return (
          <Row
            key={index}
            row={row}
            index={index}
            top={index * rowPx - shift}
            layout={layout}
            isActive={row !== undefined && row.id === active}
            isOpen={row !== undefined && row.id === open}
          />
        );
      }),
    [list, version, first, last, shift, rowPx, layout, active, open],
  );
}

/** Loads what is in sight once it stays there. */
function useNeeded(list: Windows, version: number, { first, last }: Rows): void {
  const settled = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version may lack what is in sight
  useEffect(() => {
    const isSlow = performance.now() - settled.current > SETTLED_MS;
    settled.current = performance.now();
    if (isSlow) list.ensure(first, last);
    const timer = setTimeout(() => list.ensure(first, last), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [list, version, first, last]);
}

const HEADS: readonly { label: string; order?: Order; isRight?: boolean; className?: string }[] = [
  { label: "Time", order: "created_at" },
  { label: "Status", order: "success" },
  { label: "Provider / model", order: "model" },
  { label: "Marks" },
  { label: "Tokens in → out", order: "tokens_in", isRight: true },
  { label: "Cost", order: "cost", isRight: true },
  { label: "Duration", order: "duration", className: "pl-2" },
  { label: "Details" },
];

function Head({ layout, order, direction, onOrder }: ListProps) {
  const shown = layout === "wide" ? HEADS : layout === "narrow" ? HEADS.slice(0, -1) : [];
  return (
    <div
      role="rowgroup"
      className={shown.length ? "sticky top-0 z-10 border-b border-kumo-line bg-kumo-base px-3" : "sr-only"}
      style={shown.length ? { height: HEAD_PX } : undefined}
    >
      <div role="row" aria-rowindex={1} className={`grid h-full items-center gap-3 ${COLUMNS[layout]}`}>
        {shown.length === 0 && <div role="columnheader">Log</div>}
        {shown.map((head) => (
          <div
            key={head.label}
            role="columnheader"
            aria-sort={head.order === order ? (direction === "desc" ? "descending" : "ascending") : undefined}
            className={`min-w-0 truncate text-xs font-medium text-kumo-subtle ${head.isRight ? "text-right" : ""} ${head.className ?? ""}`}
          >
            {head.order ? (
              <button
                type="button"
                className="cursor-pointer border-0 bg-transparent p-0 font-medium text-inherit hover:text-kumo-default"
                onClick={() => onOrder(head.order ?? order, turned(head.order === order, direction))}
              >
                {head.label}
                {head.order === order && <span aria-hidden>{direction === "desc" ? " ↓" : " ↑"}</span>}
              </button>
            ) : (
              head.label
            )}
          </div>
        ))}
      </div>
    </div>
  );
}

const turned = (isSame: boolean, direction: Direction): Direction => (isSame && direction === "desc" ? "asc" : "desc");
