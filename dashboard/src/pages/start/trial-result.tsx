/** What came of a test request: its answer, and its log once it is there. */

import { ArrowRightIcon } from "@phosphor-icons/react/ArrowRight";
import { Link } from "react-router";
import { count, duration, moment, usd } from "@/lib/format";
import type { Progress } from "@/pages/start/progress";
import type { Answer, Log } from "@/pages/start/trial";
import { useGateway } from "@/shell/gateway";
import { Badge } from "@/ui/badge";
import { Placeholder } from "@/ui/loading";

const FAILED = 400;

export function TrialResult({ progress: { step, answer, log } }: { progress: Progress }) {
  if (!answer) return null;
  const isGood = answer.status < FAILED;
  return (
    <div className="flex flex-col gap-3 border-t border-kumo-hairline pt-3" aria-live="polite">
      <div className="flex flex-wrap items-center gap-2 text-sm">
        <Badge tone={isGood ? "good" : "bad"}>{`${answer.status} ${isGood ? "answered" : "refused"}`}</Badge>
        <span className="tabular text-kumo-subtle">{`${duration(answer.ms)}, as this browser saw it`}</span>
        {answer.isCached && <Badge tone="info">From the cache</Badge>}
      </div>
      <blockquote className="m-0 border-l-2 border-kumo-line pl-3 text-sm break-words whitespace-pre-wrap">
        {answer.text}
      </blockquote>
      <TheLog step={step} answer={answer} log={log} />
    </div>
  );
}

function TheLog({ step, answer, log }: Omit<Progress, "error" | "answer"> & { answer: Answer }) {
  const { gateway } = useGateway();
  if (!answer.logId) {
    return (
      <p className="m-0 text-sm text-kumo-subtle">
        It left no log:{" "}
        <Link to={`/gateways/${encodeURIComponent(gateway)}/settings#logs`} className="text-kumo-link underline">
          logs are switched off
        </Link>{" "}
        for this gateway.
      </p>
    );
  }
  if (step === "done" && !log) {
    return (
      <p className="m-0 text-sm text-kumo-subtle">
        Its log is not stored yet, after 20 seconds: look at the journal's lag on{" "}
        <Link to="/system" className="text-kumo-link underline">
          System
        </Link>
        .
      </p>
    );
  }
  const to = `/gateways/${encodeURIComponent(gateway)}/logs?log=${answer.logId}`;
  return (
    <div className="rounded-md border border-kumo-line bg-kumo-elevated p-3">
      <div className="flex items-center justify-between gap-2 text-sm">
        <span className="font-medium">{log ? "Its log" : "Its log is on its way…"}</span>
        {log && (
          <Link to={to} className="inline-flex items-center gap-1 text-kumo-link underline">
            Open it <ArrowRightIcon aria-hidden />
          </Link>
        )}
      </div>
      <dl className="tabular m-0 mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-xs">
        {factsOf(answer, log).map(([term, text]) => (
          <div key={term} className="contents">
            <dt className="text-kumo-subtle">{term}</dt>
            <dd className="m-0 truncate text-right" title={text ?? undefined}>
              {text ?? <Placeholder className="h-3 w-16" />}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function factsOf(answer: Answer, log: Log | null): [string, string | null][] {
  return [
    ["Time", log && moment(log.created_at, "milli")],
    ["Model", log && `${log.provider} / ${log.model || "–"}`],
    ["Duration", log && duration(log.duration)],
    ["Tokens", log && `${count(log.tokens_in)} in, ${count(log.tokens_out)} out`],
    ["Cost", log && usd(log.cost)],
    ["Key", answer.credential ?? "–"],
    ["Id", answer.logId],
  ];
}
