/** What stands on the bench: columns with a model and a conversation each, and what they share. */

import { type Answer, hasContent, newAnswer } from "@/pages/playground/answer";
import { NO_PARAMS, type Params } from "@/pages/playground/params";
import type { Picture } from "@/pages/playground/pictures";

export interface UserTurn {
  role: "user";
  /** The same in all columns that it was sent to. */
  id: string;
  text: string;
  pictures: Picture[];
}

export interface AssistantTurn {
  role: "assistant";
  id: string;
  answer: Answer;
  /** What it was asked with; not known of a replayed one. */
  params?: Params;
}

export interface ToolTurn {
  role: "tool";
  id: string;
  results: { callId: string; name: string; text: string }[];
}

export type Turn = UserTurn | AssistantTurn | ToolTurn;

export interface Column {
  id: string;
  model: string;
  /** Parameters of its own; null = the shared ones. */
  own: Params | null;
  turns: Turn[];
}

export interface Bench {
  columns: Column[];
  shared: Params;
  prompt: string;
  pictures: Picture[];
}

export const MOST_COLUMNS = 4;
/** Runs inside the server, without a key. */
export const FIRST_MODEL = "local/smollm2-135m-instruct";

let made = 0;
export const newId = (): string => `${Date.now().toString(36)}-${(made++).toString(36)}`;

export const newColumn = (model: string): Column => ({ id: newId(), model, own: null, turns: [] });

export const newBench = (models: readonly string[] = [FIRST_MODEL]): Bench => ({
  columns: models.slice(0, MOST_COLUMNS).map(newColumn),
  shared: NO_PARAMS,
  prompt: "",
  pictures: [],
});

export const paramsOf = (bench: Bench, column: Column): Params => column.own ?? bench.shared;

export const withColumn = (bench: Bench, id: string, change: (column: Column) => Column): Bench => ({
  ...bench,
  columns: bench.columns.map((column) => (column.id === id ? change(column) : column)),
});

/** Columns of these models, those that are there already with what was said in them. */
export function withModels(bench: Bench, models: readonly string[]): Bench {
  const left = [...bench.columns];
  const columns = models.slice(0, MOST_COLUMNS).map((model) => {
    const at = left.findIndex((column) => column.model === model);
    return at < 0 ? newColumn(model) : (left.splice(at, 1)[0] ?? newColumn(model));
  });
  return { ...bench, columns };
}

/** A turn of the user, and the place of the answer to it. */
export function asked(
  column: Column,
  turn: UserTurn | ToolTurn | null,
  gateway: string,
  params: Params = NO_PARAMS,
): Column {
  const answer: AssistantTurn = { role: "assistant", id: newId(), answer: newAnswer(column.model, gateway), params };
  return { ...column, turns: turn ? [...column.turns, turn, answer] : [...column.turns, answer] };
}

/** All before a turn. */
export function cutAt(column: Column, turnId: string): Column {
  const at = column.turns.findIndex((turn) => turn.id === turnId);
  return at < 0 ? column : { ...column, turns: column.turns.slice(0, at) };
}

/** Something waits for an answer though nothing new is typed: a question, or results of tools. */
export const isWaiting = (column: Column): boolean => {
  const last = column.turns.at(-1);
  return (
    last !== undefined && (last.role !== "assistant" || (last.answer.state !== "running" && !hasContent(last.answer)))
  );
};

export const isRunning = (column: Column): boolean => {
  const last = column.turns.at(-1);
  return last?.role === "assistant" && last.answer.state === "running";
};

export const lastAnswer = (column: Column): Answer | null => {
  const last = column.turns.at(-1);
  return last?.role === "assistant" ? last.answer : null;
};

export function withAnswer(column: Column, turnId: string, change: (answer: Answer) => Answer): Column {
  return {
    ...column,
    turns: column.turns.map((turn) =>
      turn.id === turnId && turn.role === "assistant" ? { ...turn, answer: change(turn.answer) } : turn,
    ),
  };
}
