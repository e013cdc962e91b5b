/** Makes a bench of a log's request: what it says, and what could not be taken over. */

import type { Json } from "@/pages/playground/answer";
import { type Bench, newColumn } from "@/pages/playground/bench";
import { NO_PARAMS } from "@/pages/playground/params";
import { type Fields, isFields, type Replayed, text } from "@/pages/playground/replay/builder";
import { readChat } from "@/pages/playground/replay/chat";
import { readGemini } from "@/pages/playground/replay/gemini";
import { isMessages, readMessages } from "@/pages/playground/replay/messages";
import { readResponses } from "@/pages/playground/replay/responses";

export interface Replay {
  bench: Bench;
  left: string[];
}

/** What cannot be replayed at all; the message says why. */
export class NoReplay extends Error {}

/** `known` is the log's model, as `provider/model`; empty where its request never got to a provider. */
export function replayOf(request: string, known: string): Replay {
  const body = parsed(request);
  const model = known || text(body.model);
  const { turns, params, left } = read(body, model);
  const last = turns.at(-1);
  const isQuestion = last?.role === "user";
  const column = { ...newColumn(model), turns: isQuestion ? turns.slice(0, -1) : turns };
  return {
    bench: {
      columns: [column],
      shared: { ...NO_PARAMS, ...params },
      prompt: isQuestion ? last.text : "",
      pictures: isQuestion ? last.pictures : [],
    },
    left,
  };
}

function parsed(request: string): Fields {
  let body: Json;
  try {
    body = JSON.parse(request) as Json;
  } catch {
    throw new NoReplay(
      request ? "Its request is no JSON" : "Its request was not kept: the gateway logs no bodies, or it was too large",
    );
  }
  // A step of the universal endpoint.
  const one = Array.isArray(body) ? body[0] : body;
  if (isFields(one) && isFields(one.query)) return one.query;
  if (isFields(one)) return one;
  throw new NoReplay("Its request is no JSON object");
}

function read(body: Fields, model: string): Replayed {
  if (Array.isArray(body.contents)) return readGemini(body, model);
  if (Array.isArray(body.messages)) return isMessages(body) ? readMessages(body, model) : readChat(body, model);
  // Embeddings have an input too, and nothing else that a conversation has.
  const isConversation = typeof body.input === "string" ? !("encoding_format" in body || "dimensions" in body) : true;
  if (body.input !== undefined && isConversation && !/embed|moderation|tts|rerank/.test(model)) {
    return readResponses(body, model);
  }
  if (typeof body.prompt === "string") {
    const { prompt, ...others } = body;
    return readChat({ ...others, messages: [{ role: "user", content: prompt }] }, model);
  }
  throw new NoReplay("Its request is no conversation: the playground speaks with chat models alone");
}
