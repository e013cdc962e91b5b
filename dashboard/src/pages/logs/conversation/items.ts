/** Items of the Responses API: the same ones come and go. */

import {
  type Fields,
  fieldsOf,
  listOf,
  type Part,
  type Role,
  shown,
  type Turn,
  textOf,
} from "@/pages/logs/conversation/model";
import { callOf, imageOf, partsOf, reasoningOf, resultOf } from "@/pages/logs/conversation/parts";

const ROLES: Record<string, Role> = { system: "system", developer: "system", assistant: "assistant", user: "user" };

export function turnsOfItems(items: unknown[]): Turn[] {
  const turns: Turn[] = [];
  for (const one of items) {
    const turn = turnOf(fieldsOf(one));
    const last = turns.at(-1);
    // Thoughts, calls and words of one answer stand together.
    if (last && last.role === "assistant" && turn.role === "assistant") last.parts.push(...turn.parts);
    else if (turn.parts.length) turns.push(turn);
  }
  return turns;
}

function turnOf(item: Fields): Turn {
  const type = textOf(item.type) || "message";
  if (type === "message") return { role: ROLES[textOf(item.role)] ?? "user", notes: [], parts: partsOf(item.content) };
  if (type.endsWith("_call_output")) {
    return { role: "tool", notes: [], parts: resultOf(item.call_id, outputOf(item.output)) };
  }
  return { role: "assistant", notes: [], parts: made(type, item) };
}

const outputOf = (output: unknown) => (typeof output === "string" || Array.isArray(output) ? output : shown(output));

function made(type: string, item: Fields): Part[] {
  if (type === "reasoning") {
    const words = [...listOf(item.summary), ...listOf(item.content)].map((one) => textOf(fieldsOf(one).text));
    return reasoningOf(words.join("\n\n"));
  }
  if (type === "function_call" || type === "custom_tool_call" || type === "mcp_call") {
    return callOf(item.call_id ?? item.id, item.name, item.arguments ?? item.input);
  }
  if (type === "image_generation_call") return imageOf(`data:image/png;base64,${textOf(item.result)}`, "Made");
  if (type.endsWith("_call")) return callOf(item.call_id ?? item.id, type, item.action ?? item.queries ?? item.code);
  return [{ kind: "other", name: type, json: shown(item) }];
}
