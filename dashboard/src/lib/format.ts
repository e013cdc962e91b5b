/** Numbers with units, and times in the viewer's zone. Each takes null for what is not known. */

export const UNKNOWN = "–";

type Figure = number | null | undefined;

const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Making one takes longer than a hundred uses of it, and lists of logs have many. */
const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function kept<T extends Intl.NumberFormat | Intl.DateTimeFormat>(name: string, make: () => T): T {
  const found = made.get(name) ?? make();
  made.set(name, found);
  return found as T;
}

const known = (value: Figure): value is number => value !== null && value !== undefined && Number.isFinite(value);

/** 1,234 up to five digits, 12.3K beyond. */
export function count(value: Figure): string {
  if (!known(value)) return UNKNOWN;
  return Math.abs(value) < 100_000 ? whole.format(value) : compact.format(value);
}

/** All digits. */
export function exact(value: Figure): string {
  return known(value) ? whole.format(value) : UNKNOWN;
}

/** USD with as many places as tell something: $1,234.50, $0.0123, $0.00000042. */
export function usd(value: Figure): string {
  if (!known(value)) return UNKNOWN;
  if (value === 0) return "$0";
  const size = Math.abs(value);
  const places = size >= 1 ? 2 : Math.min(9, 2 - Math.floor(Math.log10(size)) + (size >= 0.01 ? 0 : -1));
  const make = () => new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: places });
  return `${value < 0 ? "-" : ""}$${kept(`usd ${places}`, make).format(size)}`;
}

/** From milliseconds: 340 µs, 12 ms, 1.24 s, 3 min 5 s, 2 h 4 min. */
export function duration(ms: Figure): string {
  if (!known(ms)) return UNKNOWN;
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  if (ms < HOUR_MS) return pair(ms, MINUTE_MS, "min", 1000, "s");
  if (ms < DAY_MS) return pair(ms, HOUR_MS, "h", MINUTE_MS, "min");
  return pair(ms, DAY_MS, "d", HOUR_MS, "h");
}

function pair(ms: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((ms % big) / small);
  return `${Math.floor(ms / big)} ${bigUnit}${rest ? ` ${rest} ${smallUnit}` : ""}`;
}

export function bytes(value: Figure): string {
  if (!known(value)) return UNKNOWN;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit && size < 100 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** From a share of 1. */
export function percent(share: Figure): string {
  if (!known(share)) return UNKNOWN;
  const value = share * 100;
  return `${value === 0 || Math.abs(value) >= 10 ? Math.round(value * 10) / 10 : Number(value.toPrecision(2))} %`;
}

/** Such as `12 Nov, 14:03:21`; with the year where it is another one. */
export function moment(text: string | null | undefined, parts: "minute" | "second" | "milli" = "second"): string {
  if (!text) return UNKNOWN;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return UNKNOWN;
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  const make = () =>
    new Intl.DateTimeFormat(undefined, {
      year: isThisYear ? undefined : "numeric",
      month: "short",
      day: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      second: parts === "minute" ? undefined : "2-digit",
      fractionalSecondDigits: parts === "milli" ? 3 : undefined,
      hourCycle: "h23",
    });
  return kept(`moment ${isThisYear} ${parts}`, make).format(date);
}

export function day(text: string | null | undefined): string {
  if (!text) return UNKNOWN;
  return new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" }).format(new Date(text));
}

/** Such as `3 min ago`, `in 2 h`. */
export function ago(text: string | null | undefined, now = Date.now()): string {
  if (!text) return UNKNOWN;
  const ms = new Date(text).getTime() - now;
  const size = Math.abs(ms);
  if (size < 5000) return "now";
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "always", style: "short" });
  const steps: [number, number, Intl.RelativeTimeFormatUnit][] = [
    [MINUTE_MS, 1000, "second"],
    [HOUR_MS, MINUTE_MS, "minute"],
    [DAY_MS, HOUR_MS, "hour"],
    [30 * DAY_MS, DAY_MS, "day"],
    [365 * DAY_MS, 30 * DAY_MS, "month"],
  ];
  const step = steps.find(([below]) => size < below) ?? [0, 365 * DAY_MS, "year" as const];
  return words.format(Math.round(ms / step[1]), step[2]);
}

/** USD per token as USD per million, the unit that people compare prices in. */
export function perMillion(price: Figure): string {
  return known(price) ? `${usd(price * 1e6)}/M` : UNKNOWN;
}

export function plural(amount: number, one: string, many = `${one}s`): string {
  return `${count(amount)} ${amount === 1 ? one : many}`;
}
