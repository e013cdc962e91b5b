/** A list of logs as it was at one moment, held in windows: those in sight are loaded, few are kept, and what is stored
 * meanwhile stands above them once it is shown. */

import type { LogRow, LogWindow, WindowInfo } from "@/pages/logs/types";

export const WINDOW = 100;
/** Windows kept: about as many rows as anybody looks back at. */
export const KEPT = 30;
/** Rows that may stand above the moment of the list; beyond it the list is begun anew. */
export const MOST_FRESH = 1_000;

export interface Ask {
  offset: number;
  limit: number;
  /** null = as it is now. */
  anchor: string | null;
}

export type Load = (ask: Ask, signal: AbortSignal) => Promise<LogWindow>;

export interface Total {
  count: number;
  /** False: there are at least so many. */
  isExact: boolean;
}

export class Windows {
  /** Of the server's list; null until the first answer. */
  private listed: Total | null = null;
  private anchor: string | null = null;
  private readonly held = new Map<number, LogRow[]>();
  private readonly asked = new Map<number, AbortController>();
  private fresh: LogRow[] = [];
  private waiting: LogRow[] = [];
  private looked: string | null = null;
  private beginning: AbortController | null = null;
  error: unknown = null;
  /** Grows with each change, for who shows it. */
  version = 0;

  constructor(
    private readonly load: Load,
    private readonly onChange: () => void,
  ) {}

  /** What is asked for next came after this. */
  get newest(): string | null {
    return this.looked;
  }

  /** Rows that came since and are not shown yet. */
  get waitingCount(): number {
    return this.waiting.length;
  }

  get total(): Total | null {
    return this.listed && { count: this.listed.count + this.fresh.length, isExact: this.listed.isExact };
  }

  /** Rows to lay out: where the end is not known, some more, which are asked for once they are in sight. */
  get length(): number {
    const { total } = this;
    return total ? total.count + (total.isExact ? 0 : WINDOW) : 0;
  }

  /** Rows that came after the list was begun. */
  get freshCount(): number {
    return this.fresh.length;
  }

  row(index: number): LogRow | undefined {
    const below = index - this.fresh.length;
    if (below < 0) return this.fresh[index];
    return this.held.get(Math.floor(below / WINDOW))?.[below % WINDOW];
  }

  indexOf(id: string): number {
    const above = this.fresh.findIndex((row) => row.id === id);
    if (above >= 0) return above;
    for (const [number, rows] of this.held) {
      const at = rows.findIndex((row) => row.id === id);
      if (at >= 0) return this.fresh.length + number * WINDOW + at;
    }
    return -1;
  }

  /** The list as it is now; what is shown stays until the answer is there. */
  async begin(first = 0): Promise<void> {
    this.beginning?.abort();
    const own = new AbortController();
    this.beginning = own;
    const number = Math.floor(Math.max(first - this.fresh.length, 0) / WINDOW);
    try {
      let answer = await this.load({ offset: number * WINDOW, limit: WINDOW, anchor: null }, own.signal);
      let at = number;
      if (number > 0 && answer.result.length === 0) {
        at = 0;
        answer = await this.load({ offset: 0, limit: WINDOW, anchor: null }, own.signal);
      }
      if (own.signal.aborted) return;
      this.forget();
      this.anchor = answer.result_info.anchor_id;
      this.looked = this.anchor;
      this.take(at, answer);
      this.error = null;
    } catch (error) {
      if (own.signal.aborted) return;
      this.error = error;
    }
    this.changed();
  }

  /** Asks for the windows of these rows that are not there, and for nothing else any more. */
  ensure(first: number, last: number): void {
    if (!this.listed) return;
    const most = Math.max(this.length - this.fresh.length - 1, 0);
    const from = Math.floor(Math.min(Math.max(first - this.fresh.length, 0), most) / WINDOW);
    const to = Math.floor(Math.min(Math.max(last - this.fresh.length, 0), most) / WINDOW);
    for (const [number, asked] of this.asked) {
      if (number >= from && number <= to) continue;
      asked.abort();
      this.asked.delete(number);
    }
    for (let number = from; number <= to; number += 1) {
      const rows = this.held.get(number);
      if (rows) {
        // The order of the map is that of use.
        this.held.delete(number);
        this.held.set(number, rows);
      } else if (!this.asked.has(number)) {
        void this.ask(number);
      }
    }
  }

  private async ask(number: number): Promise<void> {
    const own = new AbortController();
    this.asked.set(number, own);
    try {
      const answer = await this.load({ offset: number * WINDOW, limit: WINDOW, anchor: this.anchor }, own.signal);
      if (own.signal.aborted) return;
      this.asked.delete(number);
      if (answer.result_info.is_stale) {
        await this.begin(number * WINDOW + this.fresh.length);
        return;
      }
      this.take(number, answer);
      this.error = null;
    } catch (error) {
      if (own.signal.aborted) return;
      this.asked.delete(number);
      this.error = error;
    }
    this.changed();
  }

  private take(number: number, { result, result_info: info }: LogWindow): void {
    this.held.set(number, result);
    for (const old of this.held.keys()) {
      if (this.held.size <= KEPT) break;
      this.held.delete(old);
    }
    this.listed = totalAfter(this.listed, number * WINDOW, result.length, info);
  }

  /** Rows that were stored since, in that order, up to the moment `newest`. */
  came(rows: LogRow[], newest: string): void {
    this.looked = newest;
    if (rows.length === 0) return;
    const ids = new Set(this.waiting.map((row) => row.id));
    const more = rows.filter((row) => !ids.has(row.id));
    // Ids sort by when a request came.
    this.waiting = [...more, ...this.waiting].sort((one, other) => (one.id < other.id ? 1 : -1));
    this.changed();
  }

  /** Whether what waits can stand above the list; else the list is to be begun anew. */
  get hasRoom(): boolean {
    return this.fresh.length + this.waiting.length <= MOST_FRESH;
  }

  /** What waits stands above all others now. */
  show(): void {
    if (this.waiting.length === 0) return;
    this.fresh = [...this.waiting, ...this.fresh];
    this.waiting = [];
    this.changed();
  }

  /** A row was changed: it is shown so at once. */
  change(id: string, changes: Partial<LogRow>): void {
    const changed = (row: LogRow) => (row.id === id ? { ...row, ...changes } : row);
    this.fresh = this.fresh.map(changed);
    for (const [number, rows] of this.held) {
      if (rows.some((row) => row.id === id)) this.held.set(number, rows.map(changed));
    }
    this.changed();
  }

  stop(): void {
    this.beginning?.abort();
    for (const asked of this.asked.values()) asked.abort();
    this.asked.clear();
  }

  private forget(): void {
    for (const asked of this.asked.values()) asked.abort();
    this.asked.clear();
    this.held.clear();
    this.fresh = [];
    this.waiting = [];
    this.listed = null;
  }

  private changed(): void {
    this.version += 1;
    this.onChange();
  }
}

/** What is known of the list's length after one more answer. */
export function totalAfter(before: Total | null, offset: number, found: number, info: WindowInfo): Total {
  if (info.total_count !== null && info.total_count_is_exact) return { count: info.total_count, isExact: true };
  if (before?.isExact) return before;
  const least = Math.max(before?.count ?? 0, info.total_count ?? 0, found ? offset + found : 0);
  const isEnd = !info.has_more && (found > 0 || offset === least);
  return { count: least, isExact: isEnd };
}
