/** One answer: thoughts, text, tools, pictures, what went wrong, and its figures. */

import { Button } from "@cloudflare/kumo/components/button";
import { ArrowClockwiseIcon } from "@phosphor-icons/react/ArrowClockwise";
import { CodeIcon } from "@phosphor-icons/react/Code";
import { WarningCircleIcon } from "@phosphor-icons/react/WarningCircle";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { duration } from "@/lib/format";
import { adviceOf } from "@/pages/playground/advice";
import { type Answer, hasContent } from "@/pages/playground/answer";
import type { ToolTurn } from "@/pages/playground/bench";
import { Figures, type Measure } from "@/pages/playground/figures";
import { ToolCalls } from "@/pages/playground/tool-calls";
import { Badge } from "@/ui/badge";
import { CopyButton } from "@/ui/copy-button";
import { Markdown } from "@/ui/markdown";

interface AnswerViewProps {
  answer: Answer;
  best: readonly Measure[];
  isLast: boolean;
  onRegenerate: () => void;
  onCode: () => void;
  onResults: (turn: ToolTurn) => void;
}

export function AnswerView({ answer, best, isLast, onRegenerate, onCode, onResults }: AnswerViewProps) {
  const isRunning = answer.state === "running";
  return (
    <article aria-label={`Answer of ${answer.model}`} aria-busy={isRunning} className="flex min-w-0 flex-col gap-3">
      {answer.reasoning && <Thoughts answer={answer} />}
      {answer.text && <Markdown text={answer.text} />}
      {answer.pictures.map((url, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same picture may come twice
        <Made key={place} url={url} />
      ))}
      {answer.toolCalls.length > 0 && (
        <ToolCalls calls={answer.toolCalls} onResults={isLast && answer.state === "done" ? onResults : null} />
      )}
      {isRunning && !hasContent(answer) && <Waiting />}
      {answer.problem && <Failed answer={answer} />}
      <Ended answer={answer} />
      {!isRunning && answer.totalMs !== null && hasContent(answer) && <Figures answer={answer} best={best} />}
      {!isRunning && (
        <div className="-ml-2 flex flex-wrap items-center gap-0.5">
          {answer.text && <CopyButton text={answer.text} />}
          {isLast && <Again answer={answer} onRegenerate={onRegenerate} />}
          <Button
            size="sm"
            variant="ghost"
            shape="square"
            aria-label="This request as code"
            title="This request as code"
            icon={<CodeIcon />}
            onClick={onCode}
          />
          {answer.logId && (
            <Link
              to={`/gateways/${encodeURIComponent(answer.gateway)}/logs?log=${encodeURIComponent(answer.logId)}`}
              className="px-2 text-xs text-kumo-link"
            >
              View log
            </Link>
          )}
        </div>
      )}
    </article>
  );
}

function Again({ answer, onRegenerate }: { answer: Answer; onRegenerate: () => void }) {
  if (!hasContent(answer)) {
    return (
      <Button size="sm" variant="ghost" icon={<ArrowClockwiseIcon />} onClick={onRegenerate}>
        Try again
      </Button>
    );
  }
  return (
    <Button
      size="sm"
      variant="ghost"
      shape="square"
      aria-label="Regenerate"
      title="Regenerate: ask the provider anew"
      icon={<ArrowClockwiseIcon />}
      onClick={onRegenerate}
    />
  );
}

function Thoughts({ answer }: { answer: Answer }) {
  const isThinking = answer.state === "running" && !answer.text;
  return (
    <details className="rounded-md border border-kumo-line bg-kumo-recessed px-3 py-1.5" open={isThinking || undefined}>
      <summary className="cursor-pointer text-xs text-kumo-subtle">{isThinking ? "Reasoning…" : "Reasoning"}</summary>
      <div className="mt-1.5 max-h-72 overflow-y-auto pb-1 text-xs whitespace-pre-wrap text-kumo-subtle">
        {answer.reasoning}
      </div>
    </details>
  );
}

/** A picture that a model made. Only its own data is shown: an address of somebody's is a link. */
function Made({ url }: { url: string }) {
  if (!/^data:image\/(png|jpeg|webp|gif);base64,/.test(url)) {
    return <code className="text-xs break-all text-kumo-subtle">{url.slice(0, 300)}</code>;
  }
  return <img src={url} alt="Made by the model" className="max-h-96 max-w-full self-start rounded-md" />;
}

function Waiting() {
  return (
    <span className="flex animate-pulse items-center gap-2 text-sm text-kumo-subtle">
      <span aria-hidden className="size-2 rounded-full bg-kumo-brand" /> Waiting for the first token…
    </span>
  );
}

function Failed({ answer }: { answer: Answer }) {
  if (!answer.problem) return null;
  const { status, code, message } = answer.problem;
  const advice = adviceOf(answer.problem, answer.model, answer.gateway);
  const where = [status ? `status ${status}` : "", code && code !== String(status) ? `code ${code}` : ""].filter(
    Boolean,
  );
  return (
    <div role="alert" className="flex gap-2 rounded-md border border-kumo-line bg-kumo-danger-tint p-2.5 text-sm">
      <WarningCircleIcon size={17} className="mt-0.5 shrink-0 text-kumo-danger" aria-hidden />
      <div className="min-w-0">
        <p className="m-0 break-words">{message}</p>
        {where.length > 0 && <p className="m-0 mt-0.5 text-xs">{where.join(", ")}</p>}
        {advice && (
          <p className="m-0 mt-1 text-xs">
            {advice.text}{" "}
            {advice.to && (
              <Link to={advice.to} className="text-kumo-link underline">
                {advice.link}
              </Link>
            )}
          </p>
        )}
      </div>
    </div>
  );
}

/** Ends that are none of the usual ones. */
const ENDS: Record<string, string> = {
  length: "Cut off: max tokens were reached",
  content_filter: "Stopped by a content filter",
};

function Ended({ answer }: { answer: Answer }) {
  const words: ReactNode[] = [];
  if (answer.isCached)
    words.push(
      <Badge key="cached" tone="info">
        From the gateway's cache
      </Badge>,
    );
  if (answer.state === "stopped") {
    const after = answer.totalMs === null ? "" : ` after ${duration(answer.totalMs)}`;
    words.push(<Badge key="stopped" tone="warn">{`Stopped${after}`}</Badge>);
  }
  const end = ENDS[answer.finish ?? ""];
  if (end)
    words.push(
      <Badge key="end" tone="warn">
        {end}
      </Badge>,
    );
  return words.length ? <div className="flex flex-wrap gap-1.5">{words}</div> : null;
}
