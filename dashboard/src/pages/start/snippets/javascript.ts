/** Snippets in JavaScript. */

import { ROUTER } from "@/pages/start/snippets/targets";
import { type Ask, NO_KEY, QUESTION, TOKEN, TOKEN_HEADER, type Way, wayOf } from "@/pages/start/snippets/way";

const key = (way: Way): string => (way.env ? `process.env.${way.env}` : `"${NO_KEY}"`);
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the snippet's own
const TOKEN_VALUE = "`Bearer ${process.env.TORANA_TOKEN}`";
const header = (way: Way, name: string): string =>
  way.hasToken ? `  ${name}: { "${TOKEN_HEADER}": ${TOKEN_VALUE.replace("TORANA_TOKEN", TOKEN)} },\n` : "";
const most = (way: Way, name: string): string => (way.most ? `  ${name}: ${way.most},\n` : "");
const MESSAGES = `  messages: [{ role: "user", content: "${QUESTION}" }],\n`;

export function openai(ask: Ask) {
  const way = wayOf(ask, "openai");
  const text = `import OpenAI from "openai";

const client = new OpenAI({
  apiKey: ${key(way)},
  baseURL: "${way.base}",
${header(way, "defaultHeaders")}});
const answer = await client.chat.completions.create({
  model: "${way.model}",
${MESSAGES}${most(way, "max_tokens")}});
console.log(answer.choices[0].message.content);`;
  return { way, text };
}

export function anthropic(ask: Ask) {
  const way = wayOf(ask, "anthropic");
  // A key of the router goes where OpenRouter's do.
  const credential = ask.target.id === ROUTER ? `authToken: ${key(way)},\n  apiKey: null` : `apiKey: ${key(way)}`;
  const text = `import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({
  ${credential},
  baseURL: "${way.base}",
${header(way, "defaultHeaders")}});
const answer = await client.messages.create({
  model: "${way.model}",
${MESSAGES}  max_tokens: ${way.most ?? 256},
});
console.log(answer.content[0].text);`;
  return { way, text };
}

export function aiSdk(ask: Ask) {
  if (ask.target.id === ROUTER) return openrouterAiSdk(ask);
  const way = wayOf(ask, "openai");
  const text = `import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";

const torana = createOpenAICompatible({
  name: "torana",
  apiKey: ${key(way)},
  baseURL: "${way.base}",
${header(way, "headers")}});
const { text } = await generateText({
  model: torana("${way.model}"),
  prompt: "${QUESTION}",
${most(way, "maxOutputTokens")}});
console.log(text);`;
  return { way, text };
}

function openrouterAiSdk(ask: Ask) {
  const way = wayOf(ask, "openai");
  const text = `import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { generateText } from "ai";

const router = createOpenRouter({
  apiKey: ${key(way)},
  baseURL: "${way.base}",
});
const { text } = await generateText({ model: router.chat("${way.model}"), prompt: "${QUESTION}" });
console.log(text);`;
  return { way, text };
}

export function openrouter(ask: Ask) {
  const way = wayOf(ask, "openai");
  const text = `import { OpenRouter } from "@openrouter/sdk";

const client = new OpenRouter({
  apiKey: ${key(way)},
  serverURL: "${way.base}",
});
const answer = await client.chat.send({
  chatRequest: {
    model: "${way.model}",
    messages: [{ role: "user", content: "${QUESTION}" }],
  },
});
console.log(answer.choices[0].message.content);`;
  return { way, text };
}
