/** What is stored while one looks on: asked for each second, as long as the page is to be seen. */

import { useEffect } from "react";
import { type Place, readWindow, type Which } from "@/pages/logs/api";
import type { Windows } from "@/pages/logs/list/windows";

export const TAIL_MS = 1_000;
const MOST = 500;

export function useTail(place: Place, list: Windows, query: Which, isOn: boolean): void {
  const { account, gateway } = place;
  useEffect(() => {
    if (!isOn) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const look = async () => {
      let isBehind = false;
      if (document.visibilityState === "visible" && list.newest !== null && list.hasRoom) {
        try {
          isBehind = await ask({ account, gateway }, list, query, stop.signal);
        } catch {
          // The next second asks again; the list itself says what is wrong.
        }
      }
      if (!stop.signal.aborted) timer = setTimeout(look, isBehind ? 0 : TAIL_MS);
    };
    timer = setTimeout(look, 0);
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [account, gateway, list, query, isOn]);
}

/** Whether there is more at once. */
async function ask(place: Place, list: Windows, query: Which, signal: AbortSignal): Promise<boolean> {
  const after = list.newest;
  const { result, result_info: info } = await readWindow(
    place,
    { ...query, after_id: after ?? undefined, limit: MOST },
    signal,
  );
  // Begun anew meanwhile: what came is in it.
  if (signal.aborted || list.newest !== after) return false;
  if (info.is_stale) {
    await list.begin();
    return false;
  }
  list.came(result, info.anchor_id);
  return info.has_more;
}
