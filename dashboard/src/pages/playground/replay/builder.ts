/** A conversation put together out of a recorded request, whichever format it is in. */

import { type Json, newAnswer } from "@/pages/playground/answer";
import { newId, type Turn } from "@/pages/playground/bench";
import type { Params } from "@/pages/playground/params";
import { type Picture, sizeOf } from "@/pages/playground/pictures";

export type Fields = { [name: string]: Json };

export interface Replayed {
  turns: Turn[];
  params: Partial<Params>;
  /** What could not be taken over, for people. */
  left: string[];
}

export interface Said {
  text?: string;
  pictures?: string[];
  reasoning?: string;
  reasoningDetails?: Json[];
  calls?: { id: string; name: string; arguments: string }[];
}

export class Builder {
  readonly params: Partial<Params> = {};
  private readonly turns: Turn[] = [];
  private readonly left = new Set<string>();
  private readonly system: string[] = [];

  constructor(private readonly model: string) {}

  /** Names what is left behind. */
  leave(what: string): void {
    this.left.add(what);
  }

  instruct(text: string): void {
    if (!text) return;
    if (this.turns.length)
      this.leave("where instructions stood within the conversation: they are all at its beginning");
    this.system.push(text);
  }

  user(said: Said): void {
    const pictures = (said.pictures ?? []).map(toPicture);
    const last = this.turns.at(-1);
    // Some formats put each part into a message of its own.
    if (last?.role === "user") {
      last.text = [last.text, said.text].filter(Boolean).join("\n\n");
      last.pictures.push(...pictures);
      return;
    }
    if (said.text || pictures.length) this.turns.push({ role: "user", id: newId(), text: said.text ?? "", pictures });
  }

  assistant(said: Said): void {
    const last = this.turns.at(-1);
    const answer = last?.role === "assistant" ? last.answer : { ...newAnswer(this.model, ""), cost: null };
    answer.state = "done";
    answer.text = [answer.text, said.text].filter(Boolean).join("\n\n");
    answer.reasoning += said.reasoning ?? "";
    answer.reasoningDetails = [...answer.reasoningDetails, ...(said.reasoningDetails ?? [])];
    answer.pictures = [...answer.pictures, ...(said.pictures ?? [])];
    answer.toolCalls = [...answer.toolCalls, ...(said.calls ?? [])];
    if (last?.role !== "assistant") this.turns.push({ role: "assistant", id: newId(), answer });
  }

  result(callId: string, text: string): void {
    const name = this.nameOf(callId);
    const last = this.turns.at(-1);
    if (last?.role === "tool") last.results.push({ callId, name, text });
    else this.turns.push({ role: "tool", id: newId(), results: [{ callId, name, text }] });
  }

  /** Ids of calls in formats that have none: the oldest call of that name without a result. */
  openCall(name: string): string {
    const answered = new Set(
      this.turns.flatMap((turn) => (turn.role === "tool" ? turn.results : [])).map((one) => one.callId),
    );
    const calls = this.turns.flatMap((turn) => (turn.role === "assistant" ? turn.answer.toolCalls : []));
    return calls.find((one) => one.name === name && !answered.has(one.id))?.id ?? name;
  }

  done(): Replayed {
    const params = { ...this.params };
    const system = this.system.join("\n\n");
    if (system) params.system = system;
    return { turns: this.turns, params, left: [...this.left] };
  }

  private nameOf(callId: string): string {
    for (const turn of this.turns) {
      const found = turn.role === "assistant" && turn.answer.toolCalls.find((one) => one.id === callId);
      if (found) return found.name;
    }
    return "";
  }
}

const toPicture = (url: string): Picture => ({ id: newId(), name: "picture", url, size: sizeOf(url) });

export const dataUrl = (type: Json | undefined, data: Json | undefined): string =>
  `data:${text(type)};base64,${text(data)}`;

export const isFields = (value: Json | undefined): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** Objects of a list alone. */
export const objects = (value: Json | undefined): Fields[] => list(value).filter(isFields);

export const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");

/** A number or a text, as somebody would type it. */
export const typed = (value: Json | undefined): string =>
  typeof value === "number" || typeof value === "string" ? String(value) : "";

export const lines = (value: Json | undefined): string =>
  (Array.isArray(value) ? value : [value]).map(typed).filter(Boolean).join("\n");

export const json = (value: Json): string => JSON.stringify(value, null, 2);

/** Fields that nobody read. */
export function leaveOthers(builder: Builder, fields: Fields, read: readonly string[], prefix = ""): void {
  for (const [name, value] of Object.entries(fields)) {
    if (!read.includes(name) && value !== null && !(Array.isArray(value) && !value.length))
      builder.leave(`\`${prefix}${name}\``);
  }
}
