/** Requests a second, from two looks at counters that only grow. */

import { useEffect, useState } from "react";
import type { System, Worker } from "@/pages/system/api";

export interface Look {
  atMs: number;
  workers: Pick<Worker, "pid" | "started_at" | "requests">[];
}

/** Null where nothing can be said yet. A worker that is new counts from its start. */
export function rateOf(before: Look | null, after: Look): number | null {
  if (!before || after.atMs <= before.atMs) return null;
  const known = new Map(before.workers.map((one) => [`${one.pid} ${one.started_at}`, one.requests]));
  const served = after.workers.map((one) => one.requests - (known.get(`${one.pid} ${one.started_at}`) ?? 0));
  const total = served.reduce((sum, one) => sum + Math.max(0, one), 0);
  return total / ((after.atMs - before.atMs) / 1000);
}

const KEPT = 60;

/** The last two minutes of rates, the newest last. */
export function useRates(system: System | undefined, atMs: number): number[] {
  const [kept, setKept] = useState<{ look: Look | null; rates: number[] }>({ look: null, rates: [] });
  useEffect(() => {
    if (!system) return;
    const look = { atMs, workers: system.workers };
    setKept((before) => {
      const rate = rateOf(before.look, look);
      return { look, rates: rate === null ? before.rates : [...before.rates, rate].slice(-KEPT) };
    });
  }, [system, atMs]);
  return kept.rates;
}
