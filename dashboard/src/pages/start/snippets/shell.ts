/** Snippets for a shell. */

import { type Ask, compatOf, QUESTION, TOKEN, TOKEN_HEADER, type Way, wayOf } from "@/pages/start/snippets/way";

const body = (way: Way): string => {
  const most = way.most ? `, "max_tokens": ${way.most}` : "";
  return `{"model": ${JSON.stringify(way.model)}${most},\n           "messages": [{"role": "user", "content": "${QUESTION}"}]}`;
};

const token = (way: Way): string[] => (way.hasToken ? [`--header "${TOKEN_HEADER}: Bearer $${TOKEN}"`] : []);

const call = (url: string, headers: string[], data: string): string =>
  [
    `curl ${url}`,
    ...["--header 'Content-Type: application/json'", ...headers, `--data '${data}'`].map((one) => `  ${one}`),
  ].join(" \\\n");

export function curl(ask: Ask): { way: Way; text: string } {
  if (ask.target.paths.anthropic && !ask.target.paths.openai) return messages(ask);
  if (ask.target.paths.gemini && !ask.target.paths.openai) return generate(ask);
  const way = wayOf(ask, "openai");
  const key = way.env ? [`--header "Authorization: Bearer $${way.env}"`] : [];
  return { way, text: call(`${way.base}/chat/completions`, [...key, ...token(way)], body(way)) };
}

function messages(ask: Ask) {
  const way = { ...wayOf(ask, "anthropic"), most: 256 };
  const headers = [`--header "x-api-key: $${way.env}"`, "--header 'anthropic-version: 2023-06-01'", ...token(way)];
  return { way, text: call(`${way.base}/v1/messages`, headers, body(way)) };
}

function generate(ask: Ask) {
  const way = wayOf(ask, "gemini");
  const headers = [`--header "x-goog-api-key: $${way.env}"`, ...token(way)];
  const data = `{"contents": [{"parts": [{"text": "${QUESTION}"}]}]}`;
  return { way, text: call(`${way.base}/v1beta/models/${way.model}:generateContent`, headers, data) };
}

export function claudeCode(ask: Ask): { way: Way; text: string } {
  const way = compatOf(ask);
  const lines = [
    `export ANTHROPIC_BASE_URL=${way.base}`,
    `export ANTHROPIC_API_KEY=${way.env ? `$${way.env}` : "none"}`,
    `export ANTHROPIC_MODEL=${way.model}`,
    `export ANTHROPIC_SMALL_FAST_MODEL=${way.model}`,
    ...(way.hasToken ? [`export ANTHROPIC_CUSTOM_HEADERS="${TOKEN_HEADER}: Bearer $${TOKEN}"`] : []),
    "claude",
  ];
  return { way, text: lines.join("\n") };
}

/** For `~/.codex/config.toml`. */
export function codex(ask: Ask): { way: Way; text: string } {
  const way = { ...compatOf(ask) };
  way.env ??= "TORANA_KEY";
  const lines = [
    `model = "${way.model}"`,
    'model_provider = "torana"',
    "",
    "[model_providers.torana]",
    'name = "Torana"',
    `base_url = "${way.base}"`,
    `env_key = "${way.env}"`,
    'wire_api = "responses"',
    ...(way.hasToken ? [`env_http_headers = { "${TOKEN_HEADER}" = "${TOKEN}" }`] : []),
  ];
  return { way, text: lines.join("\n") };
}
