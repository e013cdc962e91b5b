/** What went through a gateway: every request, found by filters, followed live, opened at its side. */

import { Button } from "@cloudflare/kumo/components/button";
import { TrashIcon } from "@phosphor-icons/react/Trash";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { useMay } from "@/api/session";
import { useUrlChange, useUrlState } from "@/lib/url-state";
import { CountLine } from "@/pages/logs/count-line";
import { DeleteDialog } from "@/pages/logs/delete-dialog";
import { LogDrawer } from "@/pages/logs/drawer/drawer";
import { ExportMenu } from "@/pages/logs/export-menu";
import { Bar } from "@/pages/logs/filters/bar";
import { type Control, List } from "@/pages/logs/list/list";
import type { Layout } from "@/pages/logs/list/row";
import { useTail } from "@/pages/logs/list/use-tail";
import { useWindows } from "@/pages/logs/list/use-windows";
import { Nothing } from "@/pages/logs/nothing";
import {
  type Direction,
  isNarrowed,
  type Order,
  readSelection,
  type Selection,
  writeSelection,
} from "@/pages/logs/selection";
import { useKeys } from "@/pages/logs/use-keys";
import { useLayout } from "@/pages/logs/use-layout";
import { useOpenLog } from "@/pages/logs/use-open-log";
import { useGateway } from "@/shell/gateway";
import { Loading } from "@/ui/loading";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";

export default function Logs() {
  const { account, gateway } = useGateway();
  const place = useMemo(() => ({ account, gateway }), [account, gateway]);
  const [selection, setSelection] = useSelection();
  const [open, setOpen] = useOpenLog();
  const [live, setLive] = useUrlState("live");
  const [active, setActive] = useState<string | null>(open);
  const [deletingUntil, setDeletingUntil] = useState<string | null>(null);
  const search = useRef<HTMLInputElement>(null);
  const control = useRef<Control | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const layout = useLayout(frame);
  const mayEdit = useMay()("edit");
  const shown = useWindows(place, selection);
  const { list, query } = shown;
  useTail(place, list, query, live === "on" && !shown.isOld);
  const narrowed = isNarrowed(selection);
  const setOrder = (order: Order, direction: Direction) => setSelection({ ...selection, order, direction });
  const show = (id: string) => {
    setActive(id);
    setOpen(id);
  };
  const step = (by: number) => {
    const from = open ?? active;
    const at = from === null ? -1 : list.indexOf(from);
    // A log that is not among those that are loaded has no neighbours.
    if (open !== null && at < 0) return;
    const index = Math.min(Math.max(at + by, 0), list.length - 1);
    const id = list.row(index)?.id;
    if (!id) return;
    setActive(id);
    control.current?.reveal(index);
    if (open !== null) setOpen(id);
  };
  /** The list may be an hour old: what is asked about is counted as it is now. */
  const prepareDeletion = async () => {
    const now = new Date().toISOString();
    await shown.begin();
    setDeletingUntil(now);
  };
  useKeys({ onStep: step, onSearch: () => search.current?.focus() });
  const openIndex = open === null ? -1 : list.indexOf(open);
  return (
    <Page
      title="Logs"
      isFilled
      actions={
        <>
          <ExportMenu place={place} query={query} isNarrowed={narrowed} />
          {mayEdit && (
            <Button
              icon={<TrashIcon size={15} />}
              disabled={!list.total?.count}
              onClick={() => void prepareDeletion()}
              aria-label={narrowed ? "Delete the logs that fit" : "Delete all logs"}
            >
              Delete
            </Button>
          )}
        </>
      }
    >
      <Bar place={place} selection={selection} onSelection={setSelection} search={search} />
      <div
        ref={frame}
        className="relative flex min-h-96 flex-1 flex-col overflow-hidden rounded-lg border border-kumo-line bg-kumo-base"
      >
        <CountLine
          total={list.total}
          selection={selection}
          onOrder={setOrder}
          isLive={live === "on"}
          onLive={(isOn) => setLive(isOn ? "on" : "")}
        />
        <Body
          shown={shown}
          layout={layout}
          nothing={<Nothing place={place} selection={selection} onSelection={setSelection} />}
          {...{ active, open, control }}
          order={selection.order}
          direction={selection.direction}
          onOrder={setOrder}
          onStep={step}
          onOpen={show}
        />
      </div>
      {open !== null && (
        <LogDrawer
          place={place}
          id={open}
          canStep={{ up: openIndex > 0, down: openIndex >= 0 && openIndex < list.length - 1 }}
          onStep={step}
          onClose={() => setOpen(null)}
          onChanged={(changes) => list.change(open, changes)}
          onDeleted={() => {
            setOpen(null);
            void shown.begin(openIndex);
          }}
          onShow={show}
          onFilter={(filters) => setSelection({ ...selection, filters: [...selection.filters, ...filters] })}
        />
      )}
      {deletingUntil !== null && list.total && (
        <DeleteDialog
          place={place}
          query={query}
          isNarrowed={narrowed}
          total={list.total}
          until={deletingUntil}
          onClose={() => setDeletingUntil(null)}
          onDone={() => {
            setDeletingUntil(null);
            void shown.begin();
          }}
        />
      )}
    </Page>
  );
}

type ListProps = Parameters<typeof List>[0];
type BodyProps = Omit<ListProps, "list" | "version" | "isOld" | "onTop" | "layout"> & {
  shown: ReturnType<typeof useWindows>;
  layout: Layout | null;
  nothing: React.ReactNode;
};

function Body({ shown, nothing, layout, ...props }: BodyProps) {
  const { list, version, isOld, error, begin } = shown;
  const [isAtTop, setAtTop] = useState(true);
  const isByTime = props.order === "created_at" && props.direction === "desc";
  const waiting = list.waitingCount;
  const canStand = isByTime && list.hasRoom;
  const showNew = useCallback(() => {
    if (canStand) list.show();
    else void begin();
  }, [canStand, list, begin]);
  useEffect(() => {
    if (waiting > 0 && isAtTop && isByTime) showNew();
  }, [waiting, isAtTop, isByTime, showNew]);
  if (error && !list.total) {
    return (
      <div className="p-4">
        <Problem error={error} onRetry={() => void begin()} />
      </div>
    );
  }
  if (!list.total || !layout) return <Loading />;
  if (list.total.count === 0) return nothing;
  return (
    <>
      {error !== null && (
        <div className="border-b border-kumo-line p-2">
          <Problem error={error} onRetry={() => void begin()} />
        </div>
      )}
      <List {...props} list={list} version={version} isOld={isOld} layout={layout} onTop={setAtTop} />
      {waiting > 0 && (
        <div className="pointer-events-none absolute inset-x-0 top-20 z-20 flex justify-center">
          <Button
            size="sm"
            variant="primary"
            className="pointer-events-auto shadow-md"
            onClick={() => {
              showNew();
              props.control.current?.toTop();
            }}
          >
            {list.hasRoom ? `${waiting} new` : `More than ${waiting} new`}
          </Button>
        </div>
      )}
    </>
  );
}

/** What the URL says; the same object as long as it says the same. */
function useSelection(): [Selection, (next: Selection) => void] {
  const [params] = useSearchParams();
  const change = useUrlChange();
  const names = Object.keys(writeSelection(readSelection(params)));
  const text = JSON.stringify(names.map((name) => params.get(name)));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is all that is read of the parameters
  const selection = useMemo(() => readSelection(params), [text]);
  const set = useCallback((next: Selection) => change(writeSelection(next), { replace: false }), [change]);
  return [selection, set];
}
