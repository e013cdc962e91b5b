/** One real request through the gateway, and the log that it leaves. */

import { client, type Schemas } from "@/api/client";
import { ApiError, failure, reach } from "@/api/http";
import { runToken } from "@/api/session";

export type Log = Schemas["LogDetail"];

export interface Trial {
  account: string;
  gateway: string;
  /** With its provider before it, as `compat` has them. */
  model: string;
  question: string;
}

export interface Answer {
  status: number;
  text: string;
  ms: number;
  logId: string | null;
  credential: string | null;
  isCached: boolean;
}

const FEW_TOKENS = 60;
const PAUSE_MS = 400;
const LONGEST_MS = 20_000;

export async function send({ account, gateway, model, question }: Trial, signal: AbortSignal): Promise<Answer> {
  const token = await runToken();
  const began = performance.now();
  const response = await reach(`/v1/${account}/${encodeURIComponent(gateway)}/compat/chat/completions`, {
    method: "POST",
    signal,
    // The cookie is for the management API: a caller of the gateway has none.
    credentials: "omit",
    headers: { "content-type": "application/json", "cf-aig-authorization": `Bearer ${token}` },
    body: JSON.stringify({ model, max_tokens: FEW_TOKENS, messages: [{ role: "user", content: question }] }),
  });
  const { headers, status } = response;
  const text = response.ok ? textOf(await response.text()) : (await failureOf(response)).message;
  return {
    status,
    text,
    ms: performance.now() - began,
    logId: headers.get("cf-aig-log-id"),
    credential: headers.get("torana-credential"),
    isCached: headers.get("cf-aig-cache-status") === "HIT",
  };
}

/** A refusal by the gateway is no sign that nobody is signed in: it is about the token. */
const failureOf = (response: Response) =>
  failure(response.status === 401 ? new Response(response.body, { status: 400 }) : response);

interface Completion {
  choices?: { message?: { content?: string | null; reasoning?: string | null } }[];
}

export function textOf(body: string): string {
  try {
    const message = (JSON.parse(body) as Completion).choices?.[0]?.message;
    return message?.content || message?.reasoning || "(an answer without text)";
  } catch {
    return body.slice(0, 500);
  }
}

/** As soon as it is stored; null where it is not within 20 seconds. */
export async function waitForLog({ account, gateway }: Trial, logId: string, signal: AbortSignal): Promise<Log | null> {
  const path = { account_id: account, gateway_id: gateway, log_id: logId };
  const end = Date.now() + LONGEST_MS;
  while (Date.now() < end && !signal.aborted) {
    try {
      const found = await client.GET(
        "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs/{log_id}",
        { params: { path }, signal },
      );
      return found.data?.result ?? null;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    }
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
  return null;
}
