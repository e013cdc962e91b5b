/** A list of logs that is loaded as it is looked at; while another one is on its way, the last one stays. */

import { useEffect, useMemo, useReducer, useRef } from "react";
import { type Place, readWindow, type Which } from "@/pages/logs/api";
import { type Load, Windows } from "@/pages/logs/list/windows";
import { type Selection, selectionQuery } from "@/pages/logs/selection";

export interface Shown {
  /** What is shown. */
  list: Windows;
  /** Grows with each change of it. */
  version: number;
  /** It is the last one, and what was asked for is on its way. */
  isOld: boolean;
  /** What went wrong with what was asked for. */
  error: unknown;
  /** What it was asked for with, without order. */
  query: Which;
  begin: (first?: number) => Promise<void>;
}

export function useWindows(place: Place, selection: Selection): Shown {
  const [, redraw] = useReducer((before: number) => before + 1, 0);
  const { account, gateway } = place;
  // A span that moves with the clock is fixed when the list is begun.
  const query = useMemo(() => selectionQuery(selection, Date.now()), [selection]);
  const list = useMemo(() => {
    const ordered = { ...query, order_by: selection.order, order_by_direction: selection.direction };
    const load: Load = ({ offset, limit, anchor }, signal) =>
      readWindow({ account, gateway }, { ...ordered, offset, limit, anchor_id: anchor ?? undefined }, signal);
    return new Windows(load, redraw);
  }, [account, gateway, query, selection.order, selection.direction]);
  useEffect(() => {
    void list.begin();
    return () => list.stop();
  }, [list]);
  const last = useRef(list);
  if (list.total) last.current = list;
  const shown = list.error ? list : last.current;
  return {
    list: shown,
    version: shown.version,
    isOld: shown !== list,
    error: list.error,
    query,
    begin: (first?: number) => list.begin(first),
  };
}
