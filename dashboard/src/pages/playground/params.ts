/** What a request asks beside its messages: as it was typed, checked, and as it is sent. */

import type { Json } from "@/pages/playground/answer";

/** All as typed; empty = not sent. */
export interface Params {
  system: string;
  temperature: string;
  topP: string;
  maxTokens: string;
  seed: string;
  /** A line each. */
  stop: string;
  effort: string;
  format: "text" | "json_object" | "json_schema";
  /** JSON. */
  schema: string;
  /** JSON. */
  tools: string;
  isStreamed: boolean;
}

export const NO_PARAMS: Params = {
  system: "",
  temperature: "",
  topP: "",
  maxTokens: "",
  seed: "",
  stop: "",
  effort: "",
  format: "text",
  schema: "",
  tools: "",
  isStreamed: true,
};

export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh"] as const;

export interface Checked {
  /** Fields of the request, in OpenAI's words. */
  fields: { [name: string]: Json };
  /** By the parameter that cannot be sent. */
  problems: Partial<Record<keyof Params, string>>;
}

interface NumberRule {
  name: "temperature" | "topP" | "seed" | "maxTokens";
  field: string;
  least: number;
  most: number;
  isWhole?: boolean;
}

const NUMBERS: NumberRule[] = [
  { name: "temperature", field: "temperature", least: 0, most: 2 },
  { name: "topP", field: "top_p", least: 0, most: 1 },
  { name: "maxTokens", field: "max_tokens", least: 1, most: 10_000_000, isWhole: true },
  { name: "seed", field: "seed", least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER, isWhole: true },
];
const MOST_STOPS = 16;

/** OpenAI's newer models refuse `max_tokens`; others do not know its successor. */
const KNOWS_SUCCESSOR = /^(openai|azure-openai)\//;

export function checked(params: Params, model: string): Checked {
  const found: Checked = { fields: {}, problems: {} };
  for (const rule of NUMBERS) checkNumber(params, rule, found);
  if ("max_tokens" in found.fields && KNOWS_SUCCESSOR.test(model)) {
    const { max_tokens, ...others } = found.fields;
    found.fields = { ...others, max_completion_tokens: max_tokens ?? null };
  }
  const stops = params.stop.split("\n").filter(Boolean);
  if (stops.length > MOST_STOPS) found.problems.stop = `At most ${MOST_STOPS} of them`;
  else if (stops.length) found.fields.stop = stops;
  if (params.effort) found.fields.reasoning_effort = params.effort;
  checkFormat(params, found);
  if (params.tools.trim()) checkTools(params.tools, found);
  return found;
}

function checkNumber(params: Params, rule: NumberRule, found: Checked): void {
  const text = params[rule.name].trim();
  if (!text) return;
  const value = Number(text);
  if (!Number.isFinite(value) || (rule.isWhole && !Number.isInteger(value))) {
    found.problems[rule.name] = rule.isWhole ? "A whole number" : "A number";
  } else if (value < rule.least || value > rule.most) {
    found.problems[rule.name] =
      rule.least === 0 || rule.most < 10 ? `${rule.least} to ${rule.most}` : `${rule.least} or more`;
  } else {
    found.fields[rule.field] = value;
  }
}

function checkFormat(params: Params, found: Checked): void {
  if (params.format === "json_object") found.fields.response_format = { type: "json_object" };
  if (params.format !== "json_schema") return;
  const read = readJson(params.schema);
  if (!isObject(read.value)) {
    found.problems.schema = read.problem ?? 'A JSON schema is an object, such as {"type": "object"}';
    return;
  }
  const given = read.value;
  // Who copies from code has the whole wrapper; who writes by hand has the schema.
  const wrapped = isObject(given.json_schema) ? given.json_schema : isObject(given.schema) && given.name ? given : null;
  found.fields.response_format = {
    type: "json_schema",
    json_schema: wrapped ?? { name: "answer", strict: true, schema: given },
  };
}

function checkTools(text: string, found: Checked): void {
  const read = readJson(text);
  if (read.problem) {
    found.problems.tools = read.problem;
    return;
  }
  const tools = Array.isArray(read.value) ? read.value : [read.value ?? null];
  if (!tools.length || !tools.every((one) => isObject(one) && (one.type || one.name))) {
    found.problems.tools = 'A list such as [{"type": "function", "function": {"name": "now", "parameters": {…}}}]';
    return;
  }
  found.fields.tools = tools.map((one) => (isObject(one) && !one.type ? { type: "function", function: one } : one));
}

const isObject = (value: Json | undefined): value is { [name: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readJson(text: string): { value?: Json; problem?: string } {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { problem: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

const NAMES: Partial<Record<keyof Params, string>> = {
  temperature: "temperature",
  topP: "top_p",
  maxTokens: "max_tokens",
  seed: "seed",
  stop: "stop",
  effort: "reasoning",
  tools: "tools",
};

/** Those that are set and that the model is not known to take, in OpenRouter's words. */
export function notTaken(params: Params, supported: readonly string[]): string[] {
  const set = (Object.entries(NAMES) as [keyof Params, string][])
    .filter(([name]) => params[name] !== "")
    .map(([, field]) => field);
  if (params.format === "json_schema") set.push("structured_outputs");
  if (params.format === "json_object") set.push("response_format");
  return set.filter((field) => !supported.includes(field));
}

/** How many differ from none at all. */
export const countSet = (params: Params): number =>
  (Object.keys(NO_PARAMS) as (keyof Params)[]).filter((name) => params[name] !== NO_PARAMS[name]).length;
