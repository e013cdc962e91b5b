/** One answer as it grows: what each piece of a stream, or a whole reply, adds to it. */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export interface ToolCall {
  id: string;
  name: string;
  /** JSON as text, as far as it has come. */
  arguments: string;
}

export interface Usage {
  input: number;
  output: number;
  cachedInput: number;
  reasoning: number;
  /** USD; only some providers say it. */
  cost: number | null;
}

/** What went wrong: the server's words, and how to go on. */
export interface AnswerProblem {
  /** 0 = the server was not reached, or the stream broke off. */
  status: number;
  message: string;
  code: string | null;
  /** The call went out without any key of the provider. */
  isKeyless: boolean;
}

export interface Answer {
  state: "running" | "done" | "stopped" | "failed";
  /** `provider/model`, as it was asked. */
  model: string;
  gateway: string;
  text: string;
  reasoning: string;
  /** Goes back with the next request, word for word: models that think and call tools want it. */
  reasoningDetails: Json[];
  toolCalls: ToolCall[];
  /** Addresses of pictures. */
  pictures: string[];
  finish: string | null;
  usage: Usage | null;
  problem: AnswerProblem | null;
  logId: string | null;
  isCached: boolean;
  /** USD; undefined = not told yet, null = not known. */
  cost: number | null | undefined;
  firstMs: number | null;
  totalMs: number | null;
}

export const newAnswer = (model: string, gateway: string): Answer => ({
  state: "running",
  model,
  gateway,
  text: "",
  reasoning: "",
  reasoningDetails: [],
  toolCalls: [],
  pictures: [],
  finish: null,
  usage: null,
  problem: null,
  logId: null,
  isCached: false,
  cost: undefined,
  firstMs: null,
  totalMs: null,
});

/** Something of it came: it is worth keeping and sending back. */
export const hasContent = (answer: Answer): boolean =>
  Boolean(answer.text || answer.reasoning || answer.toolCalls.length || answer.pictures.length);

interface Delta {
  content?: string | { type?: string; text?: string }[] | null;
  reasoning?: string | null;
  reasoning_content?: string | null;
  reasoning_details?: Json[] | null;
  refusal?: string | null;
  tool_calls?: { index?: number; id?: string; function?: { name?: string; arguments?: string } }[] | null;
  images?: { image_url?: { url?: string } }[] | null;
}

interface Chunk {
  choices?: { delta?: Delta; message?: Delta; finish_reason?: string | null }[];
  usage?: {
    prompt_tokens?: number;
    completion_tokens?: number;
    prompt_tokens_details?: { cached_tokens?: number } | null;
    completion_tokens_details?: { reasoning_tokens?: number } | null;
    cost?: number | null;
  } | null;
  error?: { message?: string; code?: number | string | null; status?: number } | string | null;
}

/** The answer with what a piece brings; the piece is a chunk of a stream or a whole completion. */
export function grown(answer: Answer, piece: Json): Answer {
  if (typeof piece !== "object" || piece === null || Array.isArray(piece)) return answer;
  const chunk = piece as Chunk;
  const after = { ...answer };
  const choice = chunk.choices?.[0];
  const delta = choice?.delta ?? choice?.message;
  if (delta) take(after, delta);
  if (choice?.finish_reason) after.finish = choice.finish_reason;
  if (chunk.usage) after.usage = usageOf(chunk.usage);
  if (chunk.error) {
    after.state = "failed";
    after.problem = problemOf(chunk.error);
  }
  return after;
}

function take(after: Answer, delta: Delta): void {
  after.text += textOf(delta.content) + (delta.refusal ?? "");
  after.reasoning += delta.reasoning ?? delta.reasoning_content ?? "";
  if (delta.reasoning_details?.length)
    after.reasoningDetails = mergedDetails(after.reasoningDetails, delta.reasoning_details);
  if (delta.tool_calls?.length) after.toolCalls = mergedCalls(after.toolCalls, delta.tool_calls);
  const pictures = (delta.images ?? []).map((one) => one.image_url?.url ?? "").filter(Boolean);
  if (pictures.length) after.pictures = [...after.pictures, ...pictures];
}

function textOf(content: Delta["content"]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => part.text ?? "").join("");
}

function mergedCalls(before: ToolCall[], pieces: NonNullable<Delta["tool_calls"]>): ToolCall[] {
  const after = [...before];
  pieces.forEach((piece, place) => {
    // Whole replies number nothing; some streams number every call 0 and tell them apart by id.
    const same = after.findIndex((one, at) => at === (piece.index ?? place) && (!piece.id || one.id === piece.id));
    const known = same >= 0 ? after[same] : undefined;
    const one = {
      id: piece.id ?? known?.id ?? "",
      name: piece.function?.name || known?.name || "",
      arguments: (known?.arguments ?? "") + (piece.function?.arguments ?? ""),
    };
    if (known) after[same] = one;
    else after.push(one);
  });
  return after;
}

const JOINED = ["text", "summary", "data"] as const;

/** Pieces of one block have its number and type; their texts are joined. */
function mergedDetails(before: Json[], pieces: Json[]): Json[] {
  const after = [...before];
  for (const piece of pieces) {
    if (typeof piece !== "object" || piece === null || Array.isArray(piece)) continue;
    const last = after.at(-1);
    const isSame =
      typeof last === "object" &&
      last !== null &&
      !Array.isArray(last) &&
      last.index !== undefined &&
      last.index === piece.index &&
      last.type === piece.type;
    if (!isSame) {
      after.push(piece);
      continue;
    }
    const joined = { ...last, ...piece };
    for (const name of JOINED) {
      const [one, other] = [last[name], piece[name]];
      if (typeof one === "string" && typeof other === "string") joined[name] = one + other;
    }
    after[after.length - 1] = joined;
  }
  return after;
}

function usageOf(said: NonNullable<Chunk["usage"]>): Usage {
  return {
    input: said.prompt_tokens ?? 0,
    output: said.completion_tokens ?? 0,
    cachedInput: said.prompt_tokens_details?.cached_tokens ?? 0,
    reasoning: said.completion_tokens_details?.reasoning_tokens ?? 0,
    cost: said.cost ?? null,
  };
}

function problemOf(error: NonNullable<Chunk["error"]>): AnswerProblem {
  if (typeof error === "string") return { status: 0, message: error, code: null, isKeyless: false };
  const code = error.code ?? null;
  return {
    status: typeof code === "number" ? code : 0,
    message: error.message || "The provider says that something failed, and not what",
    code: code === null ? null : String(code),
    isKeyless: false,
  };
}

/** Tokens a second once the first one was there; whole replies show no such moment. */
export function tokensPerSecond(answer: Answer): number | null {
  const { usage, firstMs, totalMs } = answer;
  if (!usage?.output || totalMs === null) return null;
  const ms = totalMs - (firstMs ?? 0);
  return ms > 0 ? usage.output / (ms / 1000) : null;
}
