/** Snippets in Python. */

import { ROUTER } from "@/pages/start/snippets/targets";
import { type Ask, NO_KEY, QUESTION, TOKEN, TOKEN_HEADER, type Way, wayOf } from "@/pages/start/snippets/way";

const key = (way: Way): string => (way.env ? `os.environ["${way.env}"]` : `"${NO_KEY}"`);
const needsOs = (way: Way): string => (way.env || way.hasToken ? "import os\n\n" : "");
const tokenValue = `{"${TOKEN_HEADER}": "Bearer " + os.environ["${TOKEN}"]}`;
const header = (way: Way, name: string): string => (way.hasToken ? `    ${name}=${tokenValue},\n` : "");
const most = (way: Way, name: string): string => (way.most ? `    ${name}=${way.most},\n` : "");
const MESSAGES = `    messages=[{"role": "user", "content": "${QUESTION}"}],\n`;

export function openai(ask: Ask) {
  const way = wayOf(ask, "openai");
  const text = `${needsOs(way)}from openai import OpenAI

client = OpenAI(
    api_key=${key(way)},
    base_url="${way.base}",
${header(way, "default_headers")})
answer = client.chat.completions.create(
    model="${way.model}",
${MESSAGES}${most(way, "max_tokens")})
print(answer.choices[0].message.content)`;
  return { way, text };
}

export function anthropic(ask: Ask) {
  const way = wayOf(ask, "anthropic");
  // A key of the router goes where OpenRouter's do.
  const credential = ask.target.id === ROUTER ? `auth_token=${key(way)},\n    api_key=None` : `api_key=${key(way)}`;
  const text = `${needsOs(way)}from anthropic import Anthropic

client = Anthropic(
    ${credential},
    base_url="${way.base}",
${header(way, "default_headers")})
answer = client.messages.create(
    model="${way.model}",
${MESSAGES}    max_tokens=${way.most ?? 256},
)
print(answer.content[0].text)`;
  return { way, text };
}

export function googleGenai(ask: Ask) {
  const way = wayOf(ask, "gemini");
  const headers = way.hasToken ? `, "headers": ${tokenValue}` : "";
  const config = way.most ? `\n    config={"max_output_tokens": ${way.most}},` : "";
  const text = `${needsOs(way)}from google import genai

client = genai.Client(
    api_key=${key(way)},
    http_options={"base_url": "${way.base}"${headers}},
)
answer = client.models.generate_content(
    model="${way.model}",
    contents="${QUESTION}",${config}
)
print(answer.text)`;
  return { way, text };
}

export function langchain(ask: Ask) {
  const way = wayOf(ask, "openai");
  const isRouter = ask.target.id === ROUTER;
  const [module, model] = isRouter ? ["langchain_openrouter", "ChatOpenRouter"] : ["langchain_openai", "ChatOpenAI"];
  const text = `${needsOs(way)}from ${module} import ${model}

model = ${model}(
    model="${way.model}",
    api_key=${key(way)},
    base_url="${way.base}",
${header(way, "default_headers")}${most(way, "max_tokens")})
print(model.invoke("${QUESTION}").text)`;
  return { way, text };
}

export function litellm(ask: Ask) {
  const way = wayOf(ask, "openai");
  const prefix = ask.target.id === ROUTER ? "openrouter" : "openai";
  const text = `${needsOs(way)}import litellm

answer = litellm.completion(
    model="${prefix}/${way.model}",
    api_key=${key(way)},
    api_base="${way.base}",
${MESSAGES}${header(way, "extra_headers")}${most(way, "max_tokens")})
print(answer.choices[0].message.content)`;
  return { way, text };
}

export function openrouter(ask: Ask) {
  const way = wayOf(ask, "openai");
  const text = `import os

from openrouter import OpenRouter

with OpenRouter(api_key=${key(way)}, server_url="${way.base}") as client:
    answer = client.chat.send(
        model="${way.model}",
        messages=[{"role": "user", "content": "${QUESTION}"}],
    )
print(answer.choices[0].message.content)`;
  return { way, text };
}
