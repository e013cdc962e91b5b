/** Calls made while the code that will want their answers is still on its way. */

import { CSRF } from "@/api/csrf";

/** What nobody took by then was asked in vain, as when a minute ended meanwhile. */
const KEPT_MS = 10_000;
const asked = new Map<string, Promise<Response>>();

const nameOf = (method: string, path: string, body: string) => `${method} ${path} ${body}`;

/** The answer, which is kept too for who makes the same call with `takeEarly`. */
export async function askEarly(method: string, path: string, question?: unknown): Promise<Response> {
  const body = question === undefined ? "" : JSON.stringify(question);
  const headers: Record<string, string> = { ...CSRF, accept: "application/json" };
  if (body) headers["content-type"] = "application/json";
  const answer = fetch(path, { method, headers, body: body || null });
  const name = nameOf(method, path, body);
  asked.set(name, answer);
  setTimeout(() => asked.delete(name), KEPT_MS);
  return (await answer).clone();
}

/** Once: a second time the answer would be old. */
export async function takeEarly(input: RequestInfo, init?: RequestInit): Promise<Response | null> {
  if (asked.size === 0) return null;
  const request = input instanceof Request ? input.clone() : new Request(input, init);
  const { pathname, search } = new URL(request.url);
  const name = nameOf(request.method, pathname + search, await request.text());
  const answer = asked.get(name) ?? null;
  asked.delete(name);
  return answer;
}
