/** The same request as a program would send it. */

import type { Json } from "@/pages/playground/answer";
import type { Body } from "@/pages/playground/request";

export type Language = "curl" | "python" | "javascript";

export const LANGUAGES: [Language, string][] = [
  ["curl", "curl"],
  ["python", "Python"],
  ["javascript", "JavaScript"],
];

/** Base of the gateway's OpenAI-compatible API. */
export interface Place {
  /** Of the server. */
  url: string;
  account: string;
  gateway: string;
}

const LONGEST_URL = 2000;

export const baseOf = (place: Place): string =>
  `${place.url.replace(/\/$/, "")}/v1/${encodeURIComponent(place.account)}/${encodeURIComponent(place.gateway)}/compat`;

export function codeOf(language: Language, place: Place, body: Body): string {
  const short = shortened(body) as Body;
  if (language === "curl") return curl(place, short);
  return language === "python" ? python(place, short) : javascript(place, short);
}

/** Pictures of megabytes make no code that anybody could read: their beginnings stand there. */
function shortened(value: Json): Json {
  if (typeof value === "string") {
    return value.startsWith("data:") && value.length > LONGEST_URL ? `${value.slice(0, 60)}…` : value;
  }
  if (Array.isArray(value)) return value.map(shortened);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shortened(one)]));
}

function curl(place: Place, body: Body): string {
  return `curl ${baseOf(place)}/chat/completions \\
  --header "cf-aig-authorization: Bearer $TORANA_TOKEN" \\
  --header "content-type: application/json" \\
  --data @- <<'JSON'
${JSON.stringify(body, null, 2)}
JSON`;
}

function python(place: Place, body: Body): string {
  const fields = Object.entries(body).map(([name, value]) => `    ${name}=${pythonic(value, 1)},`);
  const show = body.stream
    ? 'for chunk in answer:\n    if chunk.choices:\n        print(chunk.choices[0].delta.content or "", end="", flush=True)'
    : "print(answer.choices[0].message.content)";
  return `import os

from openai import OpenAI

client = OpenAI(
    base_url=${JSON.stringify(baseOf(place))},
    api_key=os.environ["TORANA_TOKEN"],
)
answer = client.chat.completions.create(
${fields.join("\n")}
)
${show}
`;
}

/** A value as Python writes it. */
export function pythonic(value: Json, depth = 0): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((one) => pythonic(one, depth + 1))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${pythonic(one, depth + 1)}`);
  if (!parts.length) return `${open}${close}`;
  const indent = "    ".repeat(depth + 1);
  return `${open}\n${parts.map((part) => `${indent}${part},\n`).join("")}${"    ".repeat(depth)}${close}`;
}

function javascript(place: Place, body: Body): string {
  const show = body.stream
    ? 'for await (const chunk of answer) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");'
    : "console.log(answer.choices[0].message.content);";
  return `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: ${JSON.stringify(baseOf(place))},
  apiKey: process.env.TORANA_TOKEN,
});
const answer = await client.chat.completions.create(${JSON.stringify(body, null, 2)});
${show}
`;
}
