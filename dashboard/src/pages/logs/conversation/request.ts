/** What was asked, told by the shape of the body. */

import { turnsOfItems } from "@/pages/logs/conversation/items";
import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  type Part,
  type Role,
  type Said,
  shown,
  type Tool,
  type Turn,
  textOf,
} from "@/pages/logs/conversation/model";
import { callsOf, partsOf, picturesOf, resultOf, thoughtsOf } from "@/pages/logs/conversation/parts";

/** Fields that are shown elsewhere. */
const NO_SETTING = new Set([
  ...["messages", "input", "instructions", "system", "contents", "systemInstruction", "system_instruction", "prompt"],
  ...["tools", "functions", "model", "stream"],
]);

const ROLES: Record<string, Role> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
  model: "assistant",
  tool: "tool",
  function: "tool",
};

/** null where it is nothing that can be shown so. `step` is that of the universal endpoint. */
export function readRequest(text: string, path: string, step = 0): Said | null {
  const body = parsed(text, step);
  if (!body) return null;
  const turns = turnsOf(body, path);
  return turns.length ? { turns, tools: toolsOf(body), settings: settingsOf(body) } : null;
}

function parsed(text: string, step: number): Fields | null {
  try {
    const given: unknown = JSON.parse(text);
    if (!Array.isArray(given)) return isFields(given) ? unwrapped(given) : null;
    // The universal endpoint's steps: this log is of one of them.
    const found = fieldsOf(given[step] ?? given[0]);
    return isFields(found.query) ? found.query : null;
  } catch {
    return null;
  }
}

/** One step of the universal endpoint may stand alone. */
const unwrapped = (given: Fields) => (isFields(given.query) && given.endpoint !== undefined ? given.query : given);

function turnsOf(body: Fields, path: string): Turn[] {
  if (Array.isArray(body.messages)) {
    return [...systemOf(body.system), ...body.messages.flatMap((one) => messageOf(fieldsOf(one)))];
  }
  if (Array.isArray(body.contents)) {
    const system = body.systemInstruction ?? body.system_instruction;
    return [...systemOf(fieldsOf(system).parts ?? system), ...body.contents.map((one) => contentOf(fieldsOf(one)))];
  }
  if (body.input !== undefined) return [...systemOf(body.instructions), ...inputOf(body.input, path)];
  if (typeof body.prompt === "string" || Array.isArray(body.prompt)) return [userOf(promptParts(body.prompt))];
  if (body.content !== undefined && path.includes("embed")) return [userOf(partsOf(fieldsOf(body.content).parts))];
  return [];
}

const userOf = (parts: Part[]): Turn => ({ role: "user", notes: [], parts });

function systemOf(content: unknown): Turn[] {
  const parts = partsOf(content);
  return parts.length ? [{ role: "system", notes: [], parts }] : [];
}

export function messageOf(message: Fields): Turn[] {
  const role = ROLES[textOf(message.role)] ?? "user";
  const notes = textOf(message.name) && role !== "tool" ? [textOf(message.name)] : [];
  if (role === "tool") {
    return [{ role, notes, parts: resultOf(message.tool_call_id, message.content, false, message.name) }];
  }
  const parts = [
    ...thoughtsOf(message),
    ...partsOf(message.content),
    ...(textOf(message.refusal) ? [{ kind: "refusal" as const, text: textOf(message.refusal) }] : []),
    ...picturesOf(message),
    ...callsOf(message),
  ];
  // Anthropic's and Bedrock's users bring the results of tools.
  const isResults = parts.length > 0 && parts.every((part) => part.kind === "result");
  return [{ role: isResults ? "tool" : role, notes, parts }];
}

function contentOf(content: Fields): Turn {
  const parts = partsOf(content.parts);
  const isResults = parts.length > 0 && parts.every((part) => part.kind === "result");
  return { role: isResults ? "tool" : (ROLES[textOf(content.role)] ?? "user"), notes: [], parts };
}

/** Of the Responses API; of embeddings, where each text stands alone. */
function inputOf(input: unknown, path: string): Turn[] {
  if (typeof input === "string") return [userOf(partsOf(input))];
  const items = listOf(input);
  const isItems = items.every((one) => isFields(one)) && !path.includes("embeddings");
  if (isItems) return turnsOfItems(items);
  if (items.every((one) => typeof one === "number")) return [userOf(promptParts(items))];
  return items.map((one) => userOf(promptParts(one)));
}

/** Text, several texts, or a list of tokens' numbers. */
function promptParts(prompt: unknown): Part[] {
  if (Array.isArray(prompt) && prompt.length && prompt.every((one) => typeof one === "number")) {
    return [{ kind: "other", name: `${prompt.length} tokens`, json: JSON.stringify(prompt) }];
  }
  return partsOf(prompt);
}

function toolsOf(body: Fields): Tool[] {
  const bedrock = fieldsOf(body.toolConfig).tools;
  return [...listOf(body.tools), ...listOf(body.functions), ...listOf(bedrock)].flatMap((one) => toolOf(fieldsOf(one)));
}

function toolOf(given: Fields): Tool[] {
  const declared = given.functionDeclarations ?? given.function_declarations;
  if (Array.isArray(declared)) return declared.flatMap((one) => toolOf(fieldsOf(one)));
  const tool = fieldsOf(given.function ?? given.custom ?? given.toolSpec ?? given);
  const schema = tool.parameters ?? tool.input_schema ?? tool.inputSchema ?? tool.parametersJsonSchema;
  const name = textOf(tool.name) || textOf(given.type) || Object.keys(given)[0] || "tool";
  return [{ name, about: textOf(tool.description), schema: schema === undefined ? "" : shown(schema) }];
}

function settingsOf(body: Fields): [string, string][] {
  const nested = fieldsOf(body.generationConfig ?? body.inferenceConfig);
  const plain = Object.entries(body).filter(
    ([key]) => !NO_SETTING.has(key) && !["generationConfig", "inferenceConfig", "toolConfig"].includes(key),
  );
  return [...plain, ...Object.entries(nested)]
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
}
