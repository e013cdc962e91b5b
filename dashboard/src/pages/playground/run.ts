/** Sends one request and tells of its answer as it grows; whatever goes wrong is part of the answer. */

import { client } from "@/api/client";
import { ApiError, reach, readFailure } from "@/api/http";
import { runToken } from "@/api/session";
import { type Answer, type AnswerProblem, grown, type Json } from "@/pages/playground/answer";
import { type Body, pathOf } from "@/pages/playground/request";
import { EventReader } from "@/pages/playground/sse";

export interface Call {
  account: string;
  gateway: string;
  body: Body;
  /** Asks the provider also where the gateway has an answer of before. */
  isFresh: boolean;
  signal: AbortSignal;
}

const DONE = "[DONE]";

/** `tell` gets each state of the answer; the last one is also what is returned. */
export async function run(call: Call, first: Answer, tell: (answer: Answer) => void): Promise<Answer> {
  const began = performance.now();
  const spent = () => performance.now() - began;
  let answer = first;
  const grow = (piece: Json) => {
    answer = grown(answer, piece);
    if (answer.firstMs === null && hasBegun(answer)) answer = { ...answer, firstMs: spent() };
    tell(answer);
  };
  try {
    const response = await post(call);
    answer = { ...answer, ...headOf(response) };
    if (!response.ok) throw await refusal(response);
    const isWhole = await read(response, grow);
    // Not every provider says [DONE]: one that gave a reason to end has ended.
    if (!isWhole && !answer.finish && !answer.problem) grow({ error: BROKEN_OFF });
    if (answer.state === "running") answer = { ...answer, state: "done" };
  } catch (error) {
    answer = call.signal.aborted
      ? { ...answer, state: "stopped" }
      : { ...answer, state: "failed", problem: answer.problem ?? toProblem(error) };
  }
  answer = { ...answer, totalMs: spent() };
  tell(answer);
  return answer;
}

const hasBegun = (answer: Answer) =>
  Boolean(answer.text || answer.reasoning || answer.toolCalls.length || answer.pictures.length);

async function post(call: Call): Promise<Response> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "cf-aig-authorization": `Bearer ${await runToken()}`,
  };
  if (call.isFresh) headers["cf-aig-skip-cache"] = "true";
  return reach(pathOf(call.account, call.gateway), {
    method: "POST",
    headers,
    body: JSON.stringify(call.body),
    signal: call.signal,
    credentials: "omit",
  });
}

function headOf(response: Response): Pick<Answer, "logId" | "isCached"> {
  return {
    logId: response.headers.get("cf-aig-log-id"),
    isCached: response.headers.get("cf-aig-cache-status") === "HIT",
  };
}

/** False where a stream ended without its mark. */
async function read(response: Response, grow: (piece: Json) => void): Promise<boolean> {
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  if (!isStream || !response.body) {
    grow(readJson(await response.text()));
    return true;
  }
  const events = new EventReader();
  const text = new TextDecoder();
  const pieces = response.body.getReader();
  let isWhole = false;
  const take = (data: string) => {
    if (data === DONE) isWhole = true;
    else grow(readJson(data));
  };
  for (;;) {
    const { done, value } = await pieces.read();
    const found = done
      ? [...events.feed(text.decode()), ...events.end()]
      : events.feed(text.decode(value, { stream: true }));
    for (const event of found) take(event.data);
    if (done) break;
  }
  return isWhole;
}

const BROKEN_OFF = { message: "The stream broke off before its end", code: "stream_cut" };

function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return { error: { message: `The server sent something that is not JSON: ${text.slice(0, 200)}` } };
  }
}

/** Carries what the headers of a refusal say besides its words. */
class Refused extends Error {
  constructor(readonly problem: AnswerProblem) {
    super(problem.message);
  }
}

async function refusal(response: Response): Promise<Refused> {
  const error = await readFailure(response);
  const isKeyless = response.headers.get("torana-credential") === "none";
  return new Refused({
    status: error.status,
    message: error.message,
    code: error.code === null ? null : String(error.code),
    isKeyless,
  });
}

function toProblem(error: unknown): AnswerProblem {
  if (error instanceof Refused) return error.problem;
  const message = error instanceof Error ? error.message : String(error);
  return {
    status: error instanceof ApiError ? error.status : 0,
    // What browsers say of a connection that went away is no sentence.
    message: error instanceof ApiError ? message : BROKEN_OFF.message,
    code: null,
    isKeyless: false,
  };
}

const FIRST_WAIT_MS = 150;
const MOST_TRIES = 7;

/** Of the gateway's log, which comes a moment after the answer; null where it is not known. */
export async function findCost(account: string, gateway: string, logId: string): Promise<number | null> {
  for (let tried = 0; tried < MOST_TRIES; tried += 1) {
    await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** tried));
    try {
      const found = await client.GET(
        "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs/{log_id}",
        { params: { path: { account_id: account, gateway_id: gateway, log_id: logId } } },
      );
      return found.data?.result.cost ?? null;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) return null;
    }
  }
  return null;
}
