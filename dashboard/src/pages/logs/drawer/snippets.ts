/** The request of a log as a command or a program that sends it again; keys are left as names to fill in. */

import { isFields } from "@/pages/logs/conversation/model";
import type { Trace } from "@/pages/logs/types";

export interface Call {
  method: string;
  url: string;
  headers: [string, string][];
  body: string;
}

const MASK = "***";
/** What clients put in by themselves, and what belongs to one connection. */
const LEFT_OUT =
  /^(host|content-length|connection|keep-alive|transfer-encoding|te|upgrade|expect|accept|accept-encoding|accept-language|user-agent|content-encoding|cookie|origin|referer|priority|traceparent|tracestate|x-stainless-.*|sec-.*|x-forwarded-.*|forwarded|torana-.*)$/;
const OWN_TOKEN = "TORANA_TOKEN";
const PROVIDER_KEY = "PROVIDER_API_KEY";

/** `base` is the server's URL. */
export function callOf(log: Trace, base: string, body: string): Call {
  const headers = headersOf(log.request_headers);
  if (!headers.some(([name]) => name === "content-type") && body) {
    headers.unshift(["content-type", log.request_content_type || "application/json"]);
  }
  return { method: log.method || "POST", url: urlOf(log, base), headers, body: askedOf(log, body) };
}

/** The endpoint for all providers wants the provider in the model's name; what is kept may be what the provider got. */
function askedOf(log: Trace, body: string): string {
  if (log.request_type !== "Compat" || !log.model) return body;
  const asked = jsonOf(body);
  if (!isFields(asked) || asked.model !== log.model) return body;
  return JSON.stringify({ ...asked, model: `${log.provider}/${log.model}` });
}

export function urlOf(log: Trace, base: string): string {
  const root = base.replace(/\/$/, "");
  if (log.request_type === "Router") return `${root}/${log.path.replace(/^\//, "")}`;
  const gateway = `${root}/v1/${log.account_id}/${log.gateway_id}`;
  // The caller asked the endpoint for all providers. Of the universal one each step has a log of its own, with that
  // step's body: it is sent to its provider.
  const first = log.request_type === "Compat" ? "compat" : log.provider;
  return `${gateway}/${first}/${unmasked(log.path.replace(/^\//, ""))}`;
}

/** Gemini's keys may stand in the query. */
const unmasked = (path: string) => path.replaceAll(`=${MASK}`, `={${PROVIDER_KEY}}`);

function headersOf(text: string): [string, string][] {
  const found: [string, string][] = [];
  for (const line of text.split(/\r?\n/).slice(1)) {
    const mark = line.indexOf(": ");
    const name = line.slice(0, mark).toLowerCase();
    if (mark < 1 || LEFT_OUT.test(name)) continue;
    const value = line.slice(mark + 2);
    found.push([name, value === MASK ? placeholder(name) : value]);
  }
  return found;
}

/** `{NAME}` stands for a secret of that name. */
function placeholder(name: string): string {
  const key = name.startsWith("cf-aig-") ? OWN_TOKEN : PROVIDER_KEY;
  return name.endsWith("authorization") ? `Bearer {${key}}` : `{${key}}`;
}

const SECRET = /\{(TORANA_TOKEN|PROVIDER_API_KEY)\}/g;
const hasSecret = (text: string) => text.search(SECRET) >= 0;

export function curl({ method, url, headers, body }: Call): string {
  const lines = [`curl -X ${method} ${inShell(url)}`];
  for (const [name, value] of headers) lines.push(`-H ${inShell(`${name}: ${value}`)}`);
  if (body) lines.push(`--data-raw ${quoted(body)}`);
  return lines.join(" \\\n  ");
}

/** Double quotes let the shell put a secret in. */
function inShell(text: string): string {
  if (!hasSecret(text)) return quoted(text);
  return `"${text.replace(/[\\"$`]/g, "\\$&").replace(SECRET, "$$$1")}"`;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

export function python({ method, url, headers, body }: Call): string {
  const isSecret = hasSecret(url) || headers.some(([, value]) => hasSecret(value));
  const fields = headers.map(([name, value]) => `    ${JSON.stringify(name)}: ${inPython(value)},`);
  const lines = [...(isSecret ? ["import os", ""] : []), "import httpx", "", "headers = {", ...fields, "}"];
  const value = jsonOf(body);
  if (value !== undefined) lines.push(`body = ${pythonOf(value, 0)}`);
  else if (body) lines.push(`body = ${JSON.stringify(body)}`);
  const given = value !== undefined ? ", json=body" : body ? ", content=body" : "";
  lines.push(
    `response = httpx.request(${JSON.stringify(method)}, ${inPython(url)}, headers=headers${given}, timeout=600)`,
    "print(response.status_code, response.text)",
  );
  return lines.join("\n");
}

function inPython(text: string): string {
  const plain = JSON.stringify(text);
  return hasSecret(text) ? `f${plain.replace(SECRET, "{os.environ['$1']}")}` : plain;
}

export function javascript({ method, url, headers, body }: Call): string {
  const fields = headers.map(([name, value]) => `    ${JSON.stringify(name)}: ${inJavascript(value)},`);
  const value = jsonOf(body);
  const sent = value !== undefined ? `JSON.stringify(${indented(value)})` : JSON.stringify(body);
  return [
    `const response = await fetch(${inJavascript(url)}, {`,
    `  method: ${JSON.stringify(method)},`,
    "  headers: {",
    ...fields,
    "  },",
    ...(body ? [`  body: ${sent},`] : []),
    "});",
    "console.log(response.status, await response.text());",
  ].join("\n");
}

function inJavascript(text: string): string {
  if (!hasSecret(text)) return JSON.stringify(text);
  return `\`${text.replace(/[\\`]/g, "\\$&").replaceAll("${", "\\${").replace(SECRET, "$${process.env.$1}")}\``;
}

const indented = (value: unknown) => JSON.stringify(value, null, 2).replaceAll("\n", "\n  ");

/** undefined for what is no object or list. */
function jsonOf(body: string): unknown {
  if (!/^\s*[[{]/.test(body)) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** JSON as Python writes it. */
function pythonOf(value: unknown, depth: number): string {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const indent = "    ".repeat(depth + 1);
  const items = Array.isArray(value)
    ? value.map((one) => pythonOf(one, depth + 1))
    : Object.entries(value as object).map(([key, one]) => `${JSON.stringify(key)}: ${pythonOf(one, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (items.length === 0) return `${open}${close}`;
  return `${open}\n${items.map((one) => `${indent}${one},\n`).join("")}${"    ".repeat(depth)}${close}`;
}
