/** How a model is asked for, by what it gives. */

import type { Model } from "@/pages/models/data";
import { snippetsOf } from "@/pages/start/snippets";
import { ROUTER, targetOf } from "@/pages/start/snippets/targets";

export interface ModelSnippet {
  id: string;
  label: string;
  text: string;
}

interface Where {
  /** Of the server. */
  url: string;
  account: string;
  gateway: string;
}

/** What the router's paths for models that do not chat are sent. */
const OTHERS: Record<string, [path: string, body: Record<string, unknown>]> = {
  embeddings: ["embeddings", { input: ["What is a torana?"] }],
  rerank: ["rerank", { query: "What is a torana?", documents: ["A gateway.", "A river."] }],
  image: ["images", { prompt: "A stone gateway at dawn" }],
  speech: ["audio/speech", { input: "Welcome.", voice: "alloy" }],
  transcription: ["audio/transcriptions", {}],
};

/** By the router: its slug is all that has to be known. */
export function snippetsFor(model: Pick<Model, "id" | "output_modalities">, where: Where): ModelSnippet[] {
  if (model.output_modalities.includes("text")) {
    const target = targetOf(ROUTER);
    const ask = { ...where, target, model: model.id, keys: "stored" as const, isLocked: false };
    return snippetsOf(ask).map(({ id, label, text }) => ({ id, label, text }));
  }
  const kind = model.output_modalities.find((one) => one in OTHERS) ?? "embeddings";
  const [path, body] = OTHERS[kind] ?? ["embeddings", {}];
  const base = `curl ${where.url}/api/v1/${path} \\\n  --header "Authorization: Bearer $ROUTER_KEY"`;
  const text =
    kind === "transcription"
      ? `${base} \\\n  --form model=${model.id} \\\n  --form file=@speech.mp3`
      : `${base} \\\n  --header 'Content-Type: application/json' \\\n  --data '${JSON.stringify({ model: model.id, ...body })}'`;
  return [{ id: "curl", label: "curl", text }];
}
