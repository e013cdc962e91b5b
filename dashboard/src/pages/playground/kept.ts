/** Where a bench is kept: in the browser's session, and as a link for others. */

import { type Bench, type Column, MOST_COLUMNS, newBench, newId, withModels } from "@/pages/playground/bench";
import { NO_PARAMS, type Params } from "@/pages/playground/params";

const KEY = "torana-playground";

export function saveBench(bench: Bench): void {
  const text = JSON.stringify(bench);
  try {
    sessionStorage.setItem(KEY, text);
  } catch {
    // Pictures are what fills it. Without them a conversation cannot go on, so none of it is kept.
    sessionStorage.removeItem(KEY);
  }
}

export function loadBench(): Bench | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Bench | null;
    return found?.columns?.length ? { ...found, columns: found.columns.map(settled) } : null;
  } catch {
    return null;
  }
}

/** What was under way when the page was left is not any more. */
function settled(column: Column): Column {
  return {
    ...column,
    turns: column.turns.map((turn) =>
      turn.role === "assistant" && turn.answer.state === "running"
        ? { ...turn, answer: { ...turn.answer, state: "stopped" as const } }
        : turn,
    ),
  };
}

/** What a link holds of the parameters, by its names in the URL. */
const NAMES: Record<keyof Omit<Params, "isStreamed">, string> = {
  system: "system",
  temperature: "temperature",
  topP: "top_p",
  maxTokens: "max_tokens",
  seed: "seed",
  stop: "stop",
  effort: "effort",
  format: "format",
  schema: "schema",
  tools: "tools",
};
const WHOLE = "stream";
const FORMATS = ["text", "json_object", "json_schema"];

/** Taken out of the URL once they are read; the rest of it stays. */
export const SHARED_NAMES = [...Object.values(NAMES), WHOLE, "prompt"];

/** Models, parameters and the prompt, without what was said and without pictures. */
export function toLink(bench: Bench, gateway: string): URLSearchParams {
  const found = new URLSearchParams({ gateway, models: modelsText(bench) });
  for (const [name, field] of Object.entries(NAMES) as [keyof typeof NAMES, string][]) {
    if (bench.shared[name] !== NO_PARAMS[name]) found.set(field, bench.shared[name]);
  }
  if (!bench.shared.isStreamed) found.set(WHOLE, "off");
  if (bench.prompt) found.set("prompt", bench.prompt);
  return found;
}

export const modelsText = (bench: Bench): string =>
  bench.columns
    .map((column) => column.model)
    .filter(Boolean)
    .join(",");

export const readModels = (text: string | null): string[] =>
  (text ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean)
    .slice(0, MOST_COLUMNS);

/** The bench that a URL asks for, on top of what was kept. */
export function fromLink(query: URLSearchParams, kept: Bench | null): Bench {
  const models = readModels(query.get("models"));
  const base = kept ?? newBench(models.length ? models : undefined);
  const bench = models.length ? withModels(base, models) : base;
  if (!SHARED_NAMES.some((name) => query.has(name))) return bench;
  const shared = { ...NO_PARAMS };
  for (const [name, field] of Object.entries(NAMES) as [keyof typeof NAMES, string][]) {
    const value = query.get(field);
    if (value === null) continue;
    if (name !== "format") shared[name] = value;
    else if (FORMATS.includes(value)) shared.format = value as Params["format"];
  }
  shared.isStreamed = query.get(WHOLE) !== "off";
  // Whoever opens a link sees what it is about, not what was said here before.
  const columns = bench.columns.map((column) => ({ ...column, id: newId(), turns: [], own: null }));
  return { columns, shared, prompt: query.get("prompt") ?? "", pictures: [] };
}
