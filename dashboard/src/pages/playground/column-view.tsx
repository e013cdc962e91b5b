/** One model and what was said with it. */

import { Button } from "@cloudflare/kumo/components/button";
import { DropdownMenu } from "@cloudflare/kumo/components/dropdown";
import { DotsThreeVerticalIcon } from "@phosphor-icons/react/DotsThreeVertical";
import { StopIcon } from "@phosphor-icons/react/Stop";
import { XIcon } from "@phosphor-icons/react/X";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { Link } from "react-router";
import { AnswerView } from "@/pages/playground/answer-view";
import { type Column, isRunning, type Turn } from "@/pages/playground/bench";
import type { Measure } from "@/pages/playground/figures";
import { ModelInput } from "@/pages/playground/model-input";
import { notTaken, type Params } from "@/pages/playground/params";
import { Question, Results } from "@/pages/playground/question";
import type { Suggestion } from "@/pages/playground/suggestions";
import type { Actions } from "@/pages/playground/use-bench";
import { Badge } from "@/ui/badge";

export interface ColumnViewProps {
  column: Column;
  place: number;
  columns: readonly Column[];
  params: Params;
  gateway: string;
  best: readonly Measure[];
  suggestions: readonly Suggestion[];
  hasPictures: boolean;
  actions: Actions;
  onCode: (column: Column, until: string | null) => void;
  onParams: (columnId: string) => void;
}

export function ColumnView(props: ColumnViewProps) {
  const { column, place, columns, actions, best } = props;
  const label = column.model || `Model ${place + 1}`;
  return (
    <section
      aria-label={label}
      className="flex h-full min-h-0 min-w-0 flex-col rounded-lg border border-kumo-line bg-kumo-base"
    >
      <Head {...props} />
      <Transcript turns={column.turns} onExample={(prompt) => actions.change({ prompt })}>
        {column.turns.map((turn, at) => (
          <TurnView
            key={turn.id}
            turn={turn}
            isLast={at === column.turns.length - 1}
            isShared={columns.some((one) => one !== column && one.turns.some((other) => other.id === turn.id))}
            best={best}
            column={column}
            actions={actions}
            onCode={props.onCode}
          />
        ))}
      </Transcript>
      <p role="status" className="sr-only">
        {statusOf(column, label)}
      </p>
    </section>
  );
}

function statusOf(column: Column, label: string): string {
  const last = column.turns.at(-1);
  if (last?.role !== "assistant") return "";
  const words = { running: "is answering", done: "has answered", stopped: "was stopped", failed: "failed" };
  return `${label} ${words[last.answer.state]}`;
}

function Head({
  column,
  place,
  columns,
  params,
  gateway,
  suggestions,
  hasPictures,
  actions,
  onCode,
  onParams,
}: ColumnViewProps) {
  const known = suggestions.find((one) => one.value === column.model);
  const changeModel = (model: string) => actions.changeColumn(column.id, (one) => ({ ...one, model }));
  const missing = known ? notTaken(params, known.supported) : [];
  return (
    <div className="flex flex-col gap-1.5 border-b border-kumo-hairline p-2">
      <div className="flex items-center gap-1">
        <ModelInput
          label={`Model ${place + 1}`}
          value={column.model}
          suggestions={suggestions}
          onChange={changeModel}
        />
        {isRunning(column) && (
          <Button
            size="sm"
            shape="square"
            aria-label={`Stop ${column.model}`}
            icon={<StopIcon weight="fill" />}
            onClick={() => actions.stop(column.id)}
          />
        )}
        <Menu
          column={column}
          onCode={() => onCode(column, null)}
          onParams={() => onParams(column.id)}
          actions={actions}
        />
        {columns.length > 1 && (
          <Button
            size="sm"
            variant="ghost"
            shape="square"
            aria-label={`Take out ${column.model || `model ${place + 1}`}`}
            icon={<XIcon />}
            onClick={() => actions.remove(column.id)}
          />
        )}
      </div>
      {(known || column.own) && (
        <div className="flex flex-wrap items-center gap-1.5 px-0.5 text-xs text-kumo-subtle empty:hidden">
          {known && !known.isReached && (
            <span>
              No key of {known.host} is stored.{" "}
              <Link to={`/gateways/${encodeURIComponent(gateway)}/providers`} className="text-kumo-link underline">
                Store one
              </Link>
            </span>
          )}
          {column.own && <Badge tone="info">own parameters</Badge>}
          {missing.length > 0 && <span>Not known to take {missing.join(", ")}</span>}
          {known && hasPictures && !known.takesPictures && <span>Takes no pictures</span>}
        </div>
      )}
    </div>
  );
}

interface MenuProps {
  column: Column;
  onCode: () => void;
  onParams: () => void;
  actions: Actions;
}

function Menu({ column, onCode, onParams, actions }: MenuProps) {
  const clear = () => {
    actions.stop(column.id);
    actions.changeColumn(column.id, (one) => ({ ...one, turns: [] }));
  };
  return (
    <DropdownMenu>
      <DropdownMenu.Trigger
        render={
          <Button
            size="sm"
            variant="ghost"
            shape="square"
            aria-label={`More for ${column.model || "this model"}`}
            icon={<DotsThreeVerticalIcon weight="bold" />}
          />
        }
      />
      <DropdownMenu.Content>
        <DropdownMenu.Item onClick={onParams}>Parameters of its own</DropdownMenu.Item>
        <DropdownMenu.Item onClick={onCode}>Code of the next request</DropdownMenu.Item>
        <DropdownMenu.Item onClick={clear} disabled={!column.turns.length}>
          Clear what was said
        </DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

const NEAR_PX = 40;

interface TranscriptProps {
  turns: readonly Turn[];
  onExample: (text: string) => void;
  children: ReactNode;
}

/** Follows an answer as it grows, until somebody scrolls away from its end. */
function Transcript({ turns, onExample, children }: TranscriptProps) {
  const place = useRef<HTMLDivElement>(null);
  const isFollowing = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was said decides how high it is
  useLayoutEffect(() => {
    if (place.current && isFollowing.current) place.current.scrollTop = place.current.scrollHeight;
  }, [turns]);
  const onScroll = () => {
    const { current } = place;
    if (current) isFollowing.current = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR_PX;
  };
  return (
    <section
      ref={place}
      onScroll={onScroll}
      aria-label="What was said"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
      tabIndex={0}
      className="min-h-0 flex-1 overflow-y-auto p-3"
    >
      <div className="mx-auto flex min-h-full max-w-3xl flex-col gap-4">
        {turns.length ? children : <Examples onChoose={onExample} />}
      </div>
    </section>
  );
}

const EXAMPLES = [
  "Explain what an AI gateway does, in three sentences.",
  "Write a haiku about a gate.",
  "Compare HTTP/1.1, HTTP/2 and HTTP/3 in a table.",
];

/** Nothing was said yet: what could be. */
function Examples({ onChoose }: { onChoose: (text: string) => void }) {
  return (
    <div className="m-auto flex w-full max-w-sm flex-col gap-1.5 py-4">
      <p className="m-0 mb-1 text-center text-sm text-kumo-subtle">Ask something below, or begin with one of these:</p>
      {EXAMPLES.map((text) => (
        <button
          key={text}
          type="button"
          onClick={() => onChoose(text)}
          className="cursor-pointer rounded-md border border-kumo-line bg-transparent px-3 py-2 text-left text-sm text-kumo-default hover:bg-kumo-tint"
        >
          {text}
        </button>
      ))}
    </div>
  );
}

interface TurnViewProps {
  turn: Turn;
  isLast: boolean;
  isShared: boolean;
  best: readonly Measure[];
  column: Column;
  actions: Actions;
  onCode: (column: Column, until: string | null) => void;
}

function TurnView({ turn, isLast, isShared, best, column, actions, onCode }: TurnViewProps) {
  if (turn.role === "user") {
    const resend = (changed: typeof turn, isEverywhere: boolean) =>
      actions.resend(changed, isEverywhere ? null : column.id);
    return <Question turn={turn} isShared={isShared} onResend={resend} />;
  }
  if (turn.role === "tool") return <Results turn={turn} />;
  return (
    <AnswerView
      answer={turn.answer}
      best={isLast ? best : []}
      isLast={isLast}
      onRegenerate={() => actions.regenerate(column.id, turn.id)}
      onCode={() => onCode(column, turn.id)}
      onResults={(results) => actions.answerTools(column.id, results)}
    />
  );
}
