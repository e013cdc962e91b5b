// OpenRouter's provider for the AI SDK asks models through the router; prints what came as one line of JSON.
import { createOpenRouter } from "@openrouter/ai-sdk-provider";
import { Output, generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";

const { ROUTER, KEY, POOR, STRANGER } = process.env;
const prompt = "What is Cloudflare?";
const inputSchema = jsonSchema({ type: "object", properties: { city: { type: "string" } }, required: ["city"] });
const schema = jsonSchema({
  type: "object",
  properties: { city: { type: "string" }, population: { type: "integer" } },
  required: ["city", "population"],
});

const as = (apiKey) => createOpenRouter({ apiKey, baseURL: ROUTER, compatibility: "strict" });
const router = as(KEY);
const once = { maxRetries: 0 };

async function stream(model, more = {}) {
  const found = { text: "", reasoning: "", error: null };
  const result = streamText({ model, prompt, onError: () => {}, ...once, ...more });
  for await (const part of result.fullStream) {
    if (part.type === "text-delta") found.text += part.text;
    if (part.type === "reasoning-delta") found.reasoning += part.text;
    if (part.type === "error") found.error = String(part.error?.message ?? part.error);
    if (part.type === "finish") found.finish = part.finishReason;
    if (part.type === "finish-step") {
      found.usage = part.usage;
      found.openrouter = part.providerMetadata?.openrouter;
    }
  }
  return found;
}

async function failure(id, from = router, settings = {}) {
  try {
    await generateText({ model: from.chat(id, settings), prompt, ...once });
    return null;
  } catch (error) {
    return { name: error.name, status: error.statusCode, message: error.message };
  }
}

const said = ({ text, reasoningText, usage, finishReason, providerMetadata }) => ({
  text,
  reasoningText,
  usage,
  finishReason,
  openrouter: providerMetadata?.openrouter,
});

const asked = [];
const weather = tool({
  description: "How the weather is.",
  inputSchema,
  execute: async (input) => {
    asked.push(input);
    return "It rains.";
  },
});
const thinker = router.chat("acme/thinker", { reasoning: { effort: "high" } });
const looped = await generateText({
  model: router.chat("acme/oracle"),
  prompt,
  tools: { weather },
  stopWhen: stepCountIs(3),
  ...once,
});

console.log(
  JSON.stringify({
    whole: said(await generateText({ model: router.chat("acme/oracle"), prompt, ...once })),
    sage: said(await generateText({ model: router.chat("acme/sage"), prompt, ...once })),
    thought: said(await generateText({ model: thinker, prompt, ...once })),
    object: (
      await generateText({ model: router.chat("acme/oracle"), output: Output.object({ schema }), prompt, ...once })
    ).output,
    tools: { ...said(looped), steps: looped.steps.length, asked },
    streamed: await stream(router.chat("acme/oracle")),
    streamedThought: await stream(thinker),
    broken: await stream(router.chat("acme/fickle")),
    failures: {
      stranger: await failure("acme/oracle", as(STRANGER)),
      dear: await failure("acme/dear", router, { maxTokens: 9000, extraBody: { max_tokens: 9000 } }),
      poor: await failure("acme/oracle", as(POOR)),
      nobody: await failure("acme/oracle", router, { provider: { only: ["anthropic"] } }),
      busy: await failure("acme/busy"),
      down: await failure("acme/fickle"),
    },
  }),
);
