/** The calls to providers on one scale of time: when each began, when its first byte came, when it ended. */

import { duration } from "@/lib/format";
import { type Bar, barsOf } from "@/pages/logs/drawer/bars";
import type { Trace } from "@/pages/logs/types";
import { Badge } from "@/ui/badge";

const MARKS = [0, 0.25, 0.5, 0.75, 1];

export function Waterfall({ log }: { log: Trace }) {
  const { totalMs, bars } = barsOf(log);
  return (
    <div className="rounded-md border border-kumo-line px-3 pt-2 pb-3">
      <div aria-hidden className="tabular relative ml-0 h-5 text-[11px] text-kumo-subtle sm:ml-48">
        {MARKS.map((mark) => (
          <span
            key={mark}
            className={`absolute whitespace-nowrap ${mark === 0 ? "" : mark === 1 ? "-translate-x-full" : "-translate-x-1/2"}`}
            style={{ left: `${mark * 100}%` }}
          >
            {duration(totalMs * mark)}
          </span>
        ))}
      </div>
      <ol className="m-0 flex list-none flex-col gap-2 p-0">
        <Line
          name="Whole request"
          note={`${log.provider} / ${log.model || log.path}`}
          bar={{ from: 0, wait: 0, end: log.timings.total / totalMs || 1 }}
          tone="var(--chart-8)"
          words={duration(log.timings.total)}
        />
        {bars.map((bar, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: attempts have nothing else, and stay in their order
          <Attempted key={index} bar={bar} index={index} credential={log.credential} />
        ))}
      </ol>
      {bars.length === 0 && (
        <p className="m-0 mt-3 text-sm text-kumo-subtle">
          {log.cached
            ? "No provider was asked: the answer came from the cache."
            : "No provider was asked: the gateway answered by itself."}
        </p>
      )}
      {bars.length > 0 && (
        <p className="m-0 mt-3 flex flex-wrap gap-x-4 gap-y-1 text-xs text-kumo-subtle">
          <Key style="bg-[var(--chart-2)] opacity-45" name="until the first byte" />
          <Key style="bg-[var(--chart-2)]" name="until the last byte" />
        </p>
      )}
    </div>
  );
}

function Key({ style, name }: { style: string; name: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <i aria-hidden className={`inline-block h-2 w-4 rounded-sm ${style}`} />
      {name}
    </span>
  );
}

function Attempted({ bar, index, credential }: { bar: Bar; index: number; credential: string | null }) {
  const { attempt } = bar;
  return (
    <Line
      name={`${index + 1}. ${attempt.provider}${attempt.model ? ` / ${attempt.model}` : ""}`}
      note={keyWords(credential)}
      bar={bar}
      tone={bar.isGood ? "var(--chart-2)" : "var(--chart-bad)"}
      words={`began after ${duration(attempt.started_s * 1000)}${
        attempt.first_byte_s === null ? ", no first byte" : `, first byte after ${duration(bar.waitMs)}`
      }, took ${duration(bar.tookMs)}`}
      status={attempt.status}
      reason={attempt.error}
      isGood={bar.isGood}
    />
  );
}

interface LineProps {
  name: string;
  note: string;
  bar: { from: number; wait: number; end: number };
  tone: string;
  words: string;
  status?: number;
  reason?: string;
  isGood?: boolean;
}

function Line({ name, note, bar, tone, words, status, reason, isGood }: LineProps) {
  const width = Math.max(bar.end - bar.from, 0.004);
  return (
    <li className="text-sm sm:flex sm:items-center sm:gap-3">
      <span className="block min-w-0 sm:w-45 sm:shrink-0">
        <span className="block truncate" title={name}>
          {name}
        </span>
        <span className="block truncate text-xs text-kumo-subtle" title={note}>
          {note}
        </span>
      </span>
      <span className="block min-w-0 flex-1">
        <span aria-hidden className="relative my-1 block h-3.5 rounded bg-kumo-recessed">
          <span
            className="absolute inset-y-0 overflow-hidden rounded"
            style={{
              left: `${bar.from * 100}%`,
              width: `${width * 100}%`,
              background: `linear-gradient(to right, color-mix(in srgb, ${tone} 45%, transparent) ${bar.wait * 100}%, ${tone} ${bar.wait * 100}%)`,
            }}
          />
        </span>
        <span className="tabular flex flex-wrap items-center gap-x-2 text-xs text-kumo-subtle">
          {status !== undefined && (
            <Badge tone={isGood ? "good" : "bad"}>{status ? String(status) : "no answer"}</Badge>
          )}
          <span>{words}</span>
          {reason && <span className="text-kumo-danger">{reason}</span>}
        </span>
      </span>
    </li>
  );
}

export function keyWords(credential: string | null): string {
  if (credential === null) return "no key was decided on";
  if (credential === "request") return "the caller's own key";
  if (credential === "none") return "no key";
  if (credential === "provider") return "the custom provider's key";
  return credential.replace(/^stored:/, "stored key ");
}
