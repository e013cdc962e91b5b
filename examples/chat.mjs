// One answer with the OpenAI SDK; nothing but the base URL tells it of the gateway.
import OpenAI from "openai";

const { API_KEY = "none", BASE_URL, MODEL = "smollm2-135m-instruct", TORANA_URL = "http://127.0.0.1:8787" } = process.env;

async function localModel() {
  const { account_id } = await (await fetch(TORANA_URL)).json();
  return `${TORANA_URL}/v1/${account_id}/default/local/v1`;
}

const openai = new OpenAI({ apiKey: API_KEY, baseURL: BASE_URL ?? (await localModel()) });
const answer = await openai.chat.completions.create({
  model: MODEL,
  messages: [{ role: "user", content: "What is Cloudflare?" }],
  max_tokens: 40,
});
console.log(answer.choices[0].message.content);
