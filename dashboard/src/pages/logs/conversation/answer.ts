/** What was answered, told by the shape of the body. */

import { turnsOfItems } from "@/pages/logs/conversation/items";
import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  type Part,
  pictureUrl,
  type Said,
  shown,
  type Turn,
  textOf,
} from "@/pages/logs/conversation/model";
import { partsOf } from "@/pages/logs/conversation/parts";
import { messageOf } from "@/pages/logs/conversation/request";

/** null where it is nothing that can be shown so. */
export function readAnswer(text: string): Said | null {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return null;
  }
  // Gemini streams arrive as one list of answers.
  const turns = Array.isArray(given)
    ? joined(given.flatMap((one) => turnsOf(fieldsOf(one))))
    : isFields(given)
      ? turnsOf(given)
      : [];
  return turns.length ? { turns, tools: [], settings: [] } : null;
}

function turnsOf(body: Fields): Turn[] {
  // Cloudflare's envelope, around what models of its own answer.
  if (isFields(body.result) && body.success !== undefined) return turnsOf(body.result);
  if (isProblem(body)) return [problemOf(body)];
  if (Array.isArray(body.choices)) return body.choices.map((one) => choiceOf(fieldsOf(one)));
  if (Array.isArray(body.output)) return ended(turnsOfItems(body.output), body.status);
  if (Array.isArray(body.candidates)) return body.candidates.map((one) => candidateOf(fieldsOf(one)));
  if (isFields(body.output) && isFields(body.output.message)) {
    return ended(messageOf(body.output.message), body.stopReason);
  }
  if (Array.isArray(body.content)) return ended([said(partsOf(body.content))], body.stop_reason);
  if (Array.isArray(body.data)) return [said(body.data.map((one) => datumOf(fieldsOf(one))))];
  if (isFields(body.embedding)) return [said([vectorOf(body.embedding.values)])];
  if (typeof body.response === "string") return [said(partsOf(body.response))];
  return typeof body.text === "string" ? [said(partsOf(body.text))] : [];
}

const said = (parts: Part[], notes: string[] = []): Turn => ({ role: "assistant", notes, parts });

/** With the word for why it ended, where that is not the usual one. */
function ended(turns: Turn[], reason: unknown): Turn[] {
  const word = textOf(reason);
  const last = turns.at(-1);
  if (last && word && word !== "completed") last.notes.push(word);
  return turns;
}

function choiceOf(choice: Fields): Turn {
  const message = fieldsOf(choice.message ?? choice.delta);
  const turn = choice.message || choice.delta ? messageOf({ role: "assistant", ...message })[0] : undefined;
  const audio = fieldsOf(message.audio);
  const parts: Part[] = turn ? turn.parts : partsOf(choice.text);
  if (audio.data) parts.push({ kind: "audio", url: null, name: textOf(audio.transcript) || "Audio" });
  return said(parts, [textOf(choice.finish_reason)].filter(Boolean));
}

function candidateOf(candidate: Fields): Turn {
  const parts = partsOf(fieldsOf(candidate.content).parts);
  return said(parts, [textOf(candidate.finishReason).toLowerCase()].filter(Boolean));
}

/** Of embeddings and of pictures. */
function datumOf(datum: Fields): Part {
  if (datum.embedding !== undefined) return vectorOf(datum.embedding);
  if (datum.b64_json) return { kind: "image", url: `data:image/png;base64,${textOf(datum.b64_json)}`, name: "Made" };
  if (datum.url) return { kind: "image", url: pictureUrl(datum.url), name: textOf(datum.url) };
  return { kind: "other", name: textOf(datum.object) || "Data", json: shown(datum) };
}

const SHOWN = 8;

function vectorOf(vector: unknown): Part {
  const numbers = listOf(vector);
  if (numbers.length === 0) return { kind: "text", text: "A vector, packed as base64" };
  const first = numbers.slice(0, SHOWN).map((one) => Number(one).toPrecision(4));
  const rest = numbers.length > SHOWN ? ", …" : "";
  return { kind: "text", text: `A vector of ${numbers.length} numbers: ${first.join(", ")}${rest}` };
}

const isProblem = (body: Fields) =>
  (body.error !== undefined && body.error !== null) || (body.success === false && Array.isArray(body.errors));

function problemOf(body: Fields): Turn {
  const given = Array.isArray(body.error) ? body.error[0] : (body.error ?? listOf(body.errors)[0]);
  const error = fieldsOf(given);
  const message = textOf(given) || textOf(error.message) || shown(given);
  const notes = [error.type, error.code, error.status].map((one) =>
    typeof one === "number" ? String(one) : textOf(one),
  );
  return { role: "error", notes: [...new Set(notes.filter(Boolean))], parts: [{ kind: "refusal", text: message }] };
}

/** Pieces of one streamed text stand together. */
function joined(turns: Turn[]): Turn[] {
  const errors = turns.filter((turn) => turn.role === "error");
  const parts: Part[] = [];
  for (const part of turns.filter((turn) => turn.role !== "error").flatMap((turn) => turn.parts)) {
    const last = parts.at(-1);
    if (last && (last.kind === "text" || last.kind === "reasoning") && last.kind === part.kind) last.text += part.text;
    else parts.push({ ...part });
  }
  return parts.length ? [said(parts, turns.at(-1)?.notes ?? []), ...errors] : errors;
}
