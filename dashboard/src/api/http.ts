/** One call of the server, in either family of its API; what goes wrong is an `ApiError`. */

import { CSRF } from "@/api/csrf";
import { takeEarly } from "@/api/early";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: number | null = null,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** What a person can do about it. */
  get advice(): string {
    if (this.status === 0) return "Is the server running? Look at its terminal, then try again.";
    if (this.status === 401) return "Sign in again.";
    if (this.status === 403) return "Ask an owner for a role that may do this.";
    if (this.status === 404) return "It may have been deleted meanwhile. Go back and look again.";
    if (this.status === 429) return `Try again in ${this.retryAfterS ?? 60} seconds.`;
    if (this.status >= 500) return "Try again; if it stays so, the server's log in its terminal has the details.";
    return "Change what you entered and try again.";
  }
}

/** Fires when a call found nobody signed in. */
export const signedOut = new EventTarget();

/** A wrong password is refused as a missing session is; who typed it is still signed in. */
const ASKS_PASSWORD = /\/session\/password$/;

export async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { ...CSRF, accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await reach(path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  if (!response.ok) throw await failure(response);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

/** `fetch`, whose failure to reach the server is an `ApiError` too. */
export async function reach(input: RequestInfo, init?: RequestInit): Promise<Response> {
  try {
    return (await takeEarly(input, init)) ?? (await fetch(input, init));
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The server cannot be reached");
  }
}

interface Problem {
  code?: number;
  message?: string;
}

/** Of a call with the session: a 401 means that it has ended. */
export async function failure(response: Response): Promise<ApiError> {
  const error = await readFailure(response);
  if (error.status === 401 && !ASKS_PASSWORD.test(response.url)) signedOut.dispatchEvent(new Event("signed-out"));
  return error;
}

/** Reads Cloudflare's envelope as well as OpenRouter's and OpenAI's. */
export async function readFailure(response: Response): Promise<ApiError> {
  const text = await response.text();
  let problem: Problem = {};
  try {
    const body = JSON.parse(text) as { errors?: Problem[]; error?: Problem | string | Problem[] };
    const given = body.errors?.[0] ?? (Array.isArray(body.error) ? body.error[0] : body.error);
    problem = typeof given === "string" ? { message: given } : (given ?? {});
  } catch {
    problem = { message: text.slice(0, 300) };
  }
  const retryAfter = Number(response.headers.get("retry-after"));
  return new ApiError(
    response.status,
    problem.message || `The server answered with status ${response.status}`,
    typeof problem.code === "number" ? problem.code : null,
    retryAfter > 0 ? retryAfter : null,
  );
}
