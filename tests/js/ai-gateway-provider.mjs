// Cloudflare's provider for the AI SDK, of whose requests only the host is changed; prints what came as one line of JSON.
import { createAiGateway } from "ai-gateway-provider";
import { createAnthropic } from "ai-gateway-provider/providers/anthropic";
import { createOpenAI } from "ai-gateway-provider/providers/openai";
import { createUnified } from "ai-gateway-provider/providers/unified";
import { generateText, streamText } from "ai";

// It takes no base URL: this is what a changed host name would do.
const cloudflare = "https://gateway.ai.cloudflare.com";
const plainFetch = globalThis.fetch;
let lastStep = null;
globalThis.fetch = async (url, options) => {
  const response = await plainFetch(String(url).replace(cloudflare, process.env.BASE_URL), options);
  lastStep = response.headers.get("cf-aig-step");
  return response;
};

const accountId = process.env.ACCOUNT_ID;
const gateway = createAiGateway({ accountId, gateway: "default" });
const openai = createOpenAI({ apiKey: "sk-js-openai-0123456789" });
const anthropic = createAnthropic({ apiKey: "sk-ant-js-0123456789" });
const unified = createUnified({ apiKey: "sk-js-unified-0123456789" });
const asked = { prompt: "What is Cloudflare?", maxRetries: 0 };

const read = async (model) => {
  const whole = await generateText({ ...asked, model: model() });
  const streamed = streamText({ ...asked, model: model() });
  let text = "";
  for await (const piece of streamed.textStream) text += piece;
  return { whole: whole.text, streamed: text, usage: await streamed.usage, step: lastStep };
};
const failure = async (model) => {
  try {
    await generateText({ ...asked, model });
    return null;
  } catch (error) {
    return { name: error.constructor.name, message: error.message, status: error.statusCode ?? null };
  }
};

const options = { retries: { maxAttempts: 2, retryDelayMs: 0, backoff: "constant" }, metadata: { team: "js" } };
const patient = createAiGateway({ accountId, gateway: "default", options });
console.log(
  JSON.stringify({
    chat: await read(() => gateway(openai.chat("gpt-4o-mini"))),
    responses: await read(() => gateway(openai("gpt-4o-mini"))),
    messages: await read(() => gateway(anthropic("claude-haiku-4-5"))),
    unified: await read(() => gateway(unified("groq/llama-3.1-8b-instant"))),
    fallback: await read(() => patient([openai.chat("down"), anthropic("claude-haiku-4-5")])),
    allDown: await failure(gateway([openai.chat("down"), openai.chat("down")])),
    noGateway: await failure(createAiGateway({ accountId, gateway: "nobody" })(openai.chat("gpt-4o-mini"))),
  }),
);
