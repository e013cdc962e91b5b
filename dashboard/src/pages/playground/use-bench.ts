/** The bench and what can be done on it. */

import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useSession } from "@/api/session";
import type { Answer } from "@/pages/playground/answer";
import {
  asked,
  type Bench,
  type Column,
  cutAt,
  isRunning,
  isWaiting,
  newColumn,
  newId,
  paramsOf,
  type ToolTurn,
  type UserTurn,
  withAnswer,
  withColumn,
} from "@/pages/playground/bench";
import { saveBench } from "@/pages/playground/kept";
import { bodyOf } from "@/pages/playground/request";
import { findCost, run } from "@/pages/playground/run";

export interface Actions {
  change: (changes: Partial<Bench>) => void;
  changeColumn: (id: string, change: (column: Column) => Column) => void;
  add: (model: string) => void;
  remove: (id: string) => void;
  clear: () => void;
  /** The prompt to all columns, or what waits in them where there is none. */
  send: () => void;
  /** Something else in place of a turn: what came after it goes. Everywhere it was sent to, or in one column. */
  resend: (turn: UserTurn, columnId: string | null) => void;
  answerTools: (columnId: string, turn: ToolTurn) => void;
  regenerate: (columnId: string, answerId: string) => void;
  stop: (columnId: string) => void;
  stopAll: () => void;
}

const SAVE_MS = 400;

export function useBench(first: () => Bench, gateway: string): [Bench, Actions] {
  const { account_id: account } = useSession();
  const [bench, setBench] = useState(first);
  // Actions read what is there now, whenever they were made.
  const now = useRef(bench);
  const update = useCallback((change: (before: Bench) => Bench) => {
    now.current = change(now.current);
    setBench(now.current);
  }, []);
  const running = useRef(new Map<string, AbortController>());
  useSaved(bench);
  useEffect(() => {
    const all = running.current;
    const save = () => saveBench(now.current);
    // A page that is loaded anew is not unmounted first.
    window.addEventListener("pagehide", save);
    return () => {
      window.removeEventListener("pagehide", save);
      for (const one of all.values()) one.abort();
      save();
    };
  }, []);

  const start = useCallback(
    async (columnId: string, isFresh: boolean) => {
      const column = now.current.columns.find((one) => one.id === columnId);
      const turn = column?.turns.at(-1);
      if (!column || turn?.role !== "assistant") return;
      const stopper = new AbortController();
      running.current.get(columnId)?.abort();
      running.current.set(columnId, stopper);
      const show = (answer: Answer) =>
        update((before) => withColumn(before, columnId, (one) => withAnswer(one, turn.id, () => answer)));
      const params = turn.params ?? paramsOf(now.current, column);
      const body = bodyOf(column.model, params, column.turns.slice(0, -1));
      const call = { account, gateway, body, isFresh, signal: stopper.signal };
      const answer = await run(call, turn.answer, eachFrame(show));
      if (running.current.get(columnId) === stopper) running.current.delete(columnId);
      show(answer);
      const cost = answer.usage?.cost ?? (answer.logId ? await findCost(account, gateway, answer.logId) : null);
      update((before) =>
        withColumn(before, columnId, (one) => withAnswer(one, turn.id, (shown) => ({ ...shown, cost }))),
      );
    },
    [account, gateway, update],
  );

  const actions = useMemo((): Actions => {
    const ask = (
      columnId: string,
      turn: UserTurn | ToolTurn | null,
      cut: (column: Column) => Column = same,
      isFresh = false,
    ) => {
      update((before) =>
        withColumn(before, columnId, (column) => asked(cut(column), turn, gateway, paramsOf(before, column))),
      );
      void start(columnId, isFresh);
    };
    return {
      change: (changes) => update((before) => ({ ...before, ...changes })),
      changeColumn: (id, change) => update((before) => withColumn(before, id, change)),
      add: (model) => update((before) => ({ ...before, columns: [...before.columns, newColumn(model)] })),
      remove: (id) => {
        running.current.get(id)?.abort();
        update((before) => ({ ...before, columns: before.columns.filter((one) => one.id !== id) }));
      },
      clear: () => {
        for (const one of running.current.values()) one.abort();
        update((before) => ({ ...before, columns: before.columns.map((one) => ({ ...one, turns: [] })) }));
      },
      send: () => {
        const { prompt, pictures, columns } = now.current;
        const isNew = Boolean(prompt.trim() || pictures.length);
        const turn: UserTurn | null = isNew ? { role: "user", id: newId(), text: prompt, pictures } : null;
        const ready = columns.filter((one) => one.model.trim() && !isRunning(one) && (turn || isWaiting(one)));
        if (!ready.length) return;
        if (turn) update((before) => ({ ...before, prompt: "", pictures: [] }));
        for (const one of ready) ask(one.id, turn, turn ? same : withoutEmpty);
      },
      resend: (turn, columnId) => {
        for (const one of now.current.columns) {
          const isThere = one.turns.some((other) => other.id === turn.id);
          if (!isThere || (columnId !== null && columnId !== one.id)) continue;
          ask(one.id, { ...turn, id: columnId ? newId() : turn.id }, (column) => cutAt(column, turn.id));
        }
      },
      answerTools: (columnId, turn) => ask(columnId, turn),
      regenerate: (columnId, answerId) => ask(columnId, null, (column) => cutAt(column, answerId), true),
      stop: (columnId) => running.current.get(columnId)?.abort(),
      stopAll: () => {
        for (const one of running.current.values()) one.abort();
      },
    };
  }, [gateway, start, update]);
  return [bench, actions];
}

const same = (column: Column): Column => column;

/** An answer of which nothing came makes room for the next try. */
function withoutEmpty(column: Column): Column {
  const last = column.turns.at(-1);
  return last?.role === "assistant" ? { ...column, turns: column.turns.slice(0, -1) } : column;
}

/** Streams come in more pieces than a screen shows pictures. */
function eachFrame(show: (answer: Answer) => void): (answer: Answer) => void {
  let latest: Answer | null = null;
  return (answer) => {
    const isWaitingForFrame = latest !== null;
    latest = answer;
    if (isWaitingForFrame) return;
    requestAnimationFrame(() => {
      if (latest?.state === "running") show(latest);
      latest = null;
    });
  };
}

function useSaved(bench: Bench): void {
  useEffect(() => {
    const timer = setTimeout(() => saveBench(bench), SAVE_MS);
    return () => clearTimeout(timer);
  }, [bench]);
}
