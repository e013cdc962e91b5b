/** The span of time that a page is about: a preset that moves with the clock, or two moments. */

export type Granularity = "minute" | "hour" | "day";

export interface Span {
  /** The preset's name, or `custom`. */
  name: string;
  since: string;
  until: string;
  granularity: Granularity;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const PRESETS: { name: string; label: string; ms: number }[] = [
  { name: "1h", label: "Last hour", ms: HOUR_MS },
  { name: "6h", label: "Last 6 hours", ms: 6 * HOUR_MS },
  { name: "24h", label: "Last 24 hours", ms: DAY_MS },
  { name: "7d", label: "Last 7 days", ms: 7 * DAY_MS },
  { name: "30d", label: "Last 30 days", ms: 30 * DAY_MS },
  { name: "90d", label: "Last 90 days", ms: 90 * DAY_MS },
];

/** At most a few hundred points in a chart. */
export function granularityOf(ms: number): Granularity {
  if (ms <= 6 * HOUR_MS) return "minute";
  return ms <= 8 * DAY_MS ? "hour" : "day";
}

export function spanOf(name: string, from: string | null, to: string | null, now: number): Span {
  const since = from ? Date.parse(from) : Number.NaN;
  const until = to ? Date.parse(to) : Number.NaN;
  if (name === "custom" && since < until) {
    return {
      name,
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      granularity: granularityOf(until - since),
    };
  }
  const preset = PRESETS.find((one) => one.name === name) ?? PRESETS[2];
  const ms = preset?.ms ?? DAY_MS;
  // Figures are summed by whole minutes. So within one the same is asked for, and found again.
  const end = Math.ceil(now / MINUTE_MS) * MINUTE_MS;
  return {
    name: preset?.name ?? "24h",
    since: new Date(end - ms).toISOString(),
    until: new Date(end).toISOString(),
    granularity: granularityOf(ms),
  };
}

const STEP_MS: Record<Granularity, number> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS };

/** The beginnings of all steps within a span, in seconds: a chart shows empty ones as nothing, not as a gap. */
export function stepsOf(span: Span): number[] {
  const step = STEP_MS[span.granularity];
  const found: number[] = [];
  for (let at = Math.floor(Date.parse(span.since) / step) * step; at < Date.parse(span.until); at += step) {
    found.push(at / 1000);
  }
  return found;
}

/** One step of a chart, from its beginning in seconds, as a span of its own. */
export function stepOf(start: number, granularity: Granularity): Span {
  const [since, until] = [start * 1000, start * 1000 + STEP_MS[granularity]];
  return spanOf("custom", new Date(since).toISOString(), new Date(until).toISOString(), until);
}

/** As long a span, just before. */
export function spanBefore(span: Span): { since: string; until: string } {
  const since = Date.parse(span.since);
  return { since: new Date(2 * since - Date.parse(span.until)).toISOString(), until: span.since };
}

export const lengthMs = (span: Span) => Date.parse(span.until) - Date.parse(span.since);

export const stepSeconds = (granularity: Granularity) => STEP_MS[granularity] / 1000;

export const USUAL = "24h";

/** Of the parameters `range`, `from` and `to`. */
export const spanAt = (params: URLSearchParams, now: number, fallback = USUAL): Span =>
  spanOf(params.get("range") ?? fallback, params.get("from"), params.get("to"), now);
