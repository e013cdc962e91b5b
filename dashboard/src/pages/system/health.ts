/** Is all well? In one sentence; and of what is not, what to do about it. */

import { bytes, duration, exact, percent, plural } from "@/lib/format";
import type { System } from "@/pages/system/api";

export interface Fault {
  /** `bad` = something is lost or about to be; `warn` = it may come to that. */
  level: "bad" | "warn";
  what: string;
  advice: string;
}

const LATE_S = 30;
const VERY_LATE_S = 600;
const JOURNAL_HALF = 0.5;
const JOURNAL_FULL = 0.9;
const DISK_LOW = 0.1;
const DISK_OUT = 0.03;
const DISK_LEAST_BYTES = 1e9;

type Looked = Pick<System, "workers" | "journal" | "disk">;

/** The worst first. */
export function faultsOf(system: Looked): Fault[] {
  const found = [workers(system), lost(system), stripped(system), disk(system), room(system), lag(system)].filter(
    (one) => one !== null,
  );
  return [...found.filter((one) => one.level === "bad"), ...found.filter((one) => one.level === "warn")];
}

export function sentenceOf(system: Looked): string {
  const faults = faultsOf(system);
  if (faults.length > 1) return `${exact(faults.length)} things are wrong.`;
  if (faults[0]) return faults[0].what;
  const { length } = system.workers;
  return [
    `All is well: ${plural(length, "worker")} ${length === 1 ? "serves" : "serve"},`,
    `logs are ${behind(system.journal.lag_s)} behind,`,
    `and ${bytes(system.disk.free_bytes)} of disk are free.`,
  ].join(" ");
}

/** Without digits that change at each look: the sentence is read aloud when it does. */
const behind = (lagS: number) => (lagS < 1 ? "less than a second" : duration(Math.round(lagS) * 1000));

function workers({ workers: all }: Looked): Fault | null {
  if (all.length) return null;
  return {
    level: "bad",
    what: "No worker tells how it is.",
    advice:
      "Look at the server's terminal: it says why workers do not start. `torana serve` starts them again by itself.",
  };
}

function lost({ journal }: Looked): Fault | null {
  if (!journal.dropped) return null;
  return {
    level: "bad",
    what: `${exact(journal.dropped)} ${journal.dropped === 1 ? "record was" : "records were"} dropped since the workers started, for want of room in the journal.`,
    advice:
      "Answers were given all the same; their logs and costs are missing. Raise `journal_limit`, and see below why the store did not keep up.",
  };
}

function stripped({ journal }: Looked): Fault | null {
  if (!journal.dropped_bodies) return null;
  return {
    level: "warn",
    what: `${exact(journal.dropped_bodies)} ${journal.dropped_bodies === 1 ? "log has" : "logs have"} lost what was asked and answered, for want of room in the journal.`,
    advice: "Their figures and costs are there. Raise `journal_limit`, or find out why the store was slow.",
  };
}

function disk({ disk: { free_bytes: free, total_bytes: total } }: Looked): Fault | null {
  if (total <= 0) return null;
  const share = free / total;
  const isOut = share < DISK_OUT || free < DISK_LEAST_BYTES;
  if (!isOut && share >= DISK_LOW) return null;
  return {
    level: isOut ? "bad" : "warn",
    what: `The disk has ${bytes(free)} left, ${percent(share)} of it.`,
    advice:
      "Make room, or keep logs for a shorter time in the gateways' settings. A full disk stops logs, not answers.",
  };
}

function room({ journal }: Looked): Fault | null {
  const share = journal.most_bytes > 0 ? journal.bytes / journal.most_bytes : 0;
  if (share < JOURNAL_HALF) return null;
  return {
    level: share >= JOURNAL_FULL ? "bad" : "warn",
    what: `The journal is ${percent(share)} full.`,
    advice:
      "Near its bound, bodies are dropped first, then whole records. Raise `journal_limit`, or find out why the store is slow.",
  };
}

function lag({ journal }: Looked): Fault | null {
  if (journal.lag_s < LATE_S) return null;
  return {
    level: journal.lag_s >= VERY_LATE_S ? "bad" : "warn",
    what: `Logs, costs and spend limits are ${duration(journal.lag_s * 1000)} behind.`,
    advice:
      "The store does not keep up with the requests: look at its disk and at the control plane's share of the processor.",
  };
}
