/** The figures of a log that are looked at first, and what went wrong. */

import { WarningCircleIcon } from "@phosphor-icons/react/WarningCircle";
import type { ReactNode } from "react";
import { count, duration, moment, percent, UNKNOWN, usd } from "@/lib/format";
import type { Trace } from "@/pages/logs/types";

export function Figures({ log, onShow }: { log: Trace; onShow: (id: string) => void }) {
  const usage = log.usage_metadata;
  const below = [
    usage?.input_cached_tokens ? `${count(usage.input_cached_tokens)} cached in` : "",
    usage?.input_cache_write_tokens ? `${count(usage.input_cache_write_tokens)} written` : "",
    usage?.output_reasoning_tokens ? `${count(usage.output_reasoning_tokens)} reasoning` : "",
  ].filter(Boolean);
  return (
    <>
      <dl className="m-0 grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
        <Figure label="Time" value={moment(log.created_at, "second")} below={howItWent(log)} />
        <Figure
          label="Duration"
          value={duration(log.timings.total)}
          below={log.timings.latency === null ? "no first byte" : `first byte after ${duration(log.timings.latency)}`}
        />
        <Figure label="Tokens in → out" value={tokensOf(log)} below={below.join(", ") || countedWords(log)} />
        <Figure label="Cost" value={usd(log.cost)} below={sourceOf(log)} />
      </dl>
      {log.error && (
        <p className="m-0 flex items-start gap-2 rounded-md bg-kumo-danger-tint px-3 py-2 text-sm text-kumo-danger">
          <WarningCircleIcon size={16} className="mt-0.5 shrink-0" aria-hidden />
          <span className="min-w-0 break-words">{log.error}</span>
        </p>
      )}
      <CacheLine log={log} onShow={onShow} />
    </>
  );
}

function Figure({ label, value, below }: { label: string; value: string; below: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-kumo-subtle">{label}</dt>
      <dd className="tabular m-0 truncate text-base font-semibold">{value}</dd>
      <dd className="m-0 truncate text-xs text-kumo-subtle">{below}</dd>
    </div>
  );
}

const tokensOf = (log: Trace) => (hasTokens(log) ? `${count(log.tokens_in)} → ${count(log.tokens_out)}` : UNKNOWN);

const hasTokens = (log: Trace) => log.tokens_in !== null || log.tokens_out !== null;
const countedWords = (log: Trace) => (hasTokens(log) ? "as the provider counted" : "none were stated");

export function howItWent(log: Trace): string {
  const words = [log.streamed ? "streamed" : "whole"];
  if (log.cancelled) words.push("the client left");
  if (log.broken) words.push("broken off");
  return words.join(", ");
}

export function sourceOf(log: Trace): string {
  if (log.cached && !log.cost) return "from the cache";
  if (log.cost_source === "provider") return "stated by the provider";
  if (log.cost_source === "table") return `prices of ${log.price_version?.split("/")[0] ?? "the table"}`;
  if (log.cost_source === "rule") return "by a custom provider's price";
  if (log.cost_source === "custom") return "named by the request";
  return hasTokens(log) ? "no price is known" : "no tokens were stated";
}

function CacheLine({ log, onShow }: { log: Trace; onShow: (id: string) => void }) {
  if (!log.cached && log.similarity === null) return null;
  const other = log.similar_to;
  return (
    <p className="m-0 text-sm text-kumo-subtle">
      {log.cached ? "The answer came from the cache" : "The semantic cache knew no question that was near enough"}
      {log.similarity !== null && `; the nearest question is ${percent(log.similarity)} alike`}
      {other ? (
        <>
          {": "}
          <button
            type="button"
            onClick={() => onShow(other)}
            className="cursor-pointer border-0 bg-transparent p-0 text-kumo-link underline"
          >
            open its log
          </button>
          .
        </>
      ) : (
        "."
      )}
    </p>
  );
}
