/** The request of a column: where it goes and what it says. */

import type { Json } from "@/pages/playground/answer";
import type { AssistantTurn, Turn, UserTurn } from "@/pages/playground/bench";
import { checked, type Params } from "@/pages/playground/params";

export const PATH = "compat/chat/completions";

export const pathOf = (account: string, gateway: string): string =>
  `/v1/${encodeURIComponent(account)}/${encodeURIComponent(gateway)}/${PATH}`;

export type Body = { [name: string]: Json };

/** Parameters that cannot be sent are left out: `checked` tells of them before. */
export function bodyOf(model: string, params: Params, turns: readonly Turn[]): Body {
  const { fields } = checked(params, model);
  const system: Json[] = params.system.trim() ? [{ role: "system", content: params.system }] : [];
  return {
    model,
    messages: [...system, ...turns.flatMap(messagesOf)],
    ...fields,
    ...(params.isStreamed ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

function messagesOf(turn: Turn): Json[] {
  if (turn.role === "user") return [userMessage(turn)];
  if (turn.role === "tool") {
    return turn.results.map((one) => ({ role: "tool", tool_call_id: one.callId, content: one.text }));
  }
  // Providers refuse an empty answer: one that failed at once, or that only thought.
  const { text, toolCalls, state } = turn.answer;
  return (text || toolCalls.length) && state !== "running" ? [assistantMessage(turn)] : [];
}

function userMessage(turn: UserTurn): Json {
  if (!turn.pictures.length) return { role: "user", content: turn.text };
  const text: Json[] = turn.text ? [{ type: "text", text: turn.text }] : [];
  const pictures = turn.pictures.map((one) => ({ type: "image_url", image_url: { url: one.url } }));
  return { role: "user", content: [...text, ...pictures] };
}

function assistantMessage({ answer }: AssistantTurn): Json {
  const calls = answer.toolCalls.map((one) => ({
    id: one.id,
    type: "function",
    function: { name: one.name, arguments: one.arguments || "{}" },
  }));
  return {
    role: "assistant",
    content: answer.text || null,
    ...(calls.length ? { tool_calls: calls } : {}),
    ...(answer.reasoningDetails.length ? { reasoning_details: answer.reasoningDetails } : {}),
  };
}
