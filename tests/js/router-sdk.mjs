// OpenRouter's own SDK asks models through the router; prints what came as one line of JSON.
import { OpenRouter } from "@openrouter/sdk";

const { ROUTER, KEY, POOR, STRANGER } = process.env;
const messages = [{ role: "user", content: "What is Cloudflare?" }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function", function: { name: "weather", description: "How the weather is.", parameters } }];
const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

const as = (apiKey) => new OpenRouter({ apiKey, serverURL: ROUTER, retryConfig: { strategy: "none" }, timeoutMs: 30000 });
const client = as(KEY);
const ask = (model, more = {}, from = client) =>
  from.chat.send({ xOpenRouterMetadata: "enabled", chatRequest: { model, messages, ...more } });

async function stream(model, more = {}) {
  const found = { text: "", reasoning: "", calls: [], finish: null, usage: null, error: null };
  for await (const chunk of await ask(model, { ...more, stream: true })) {
    const choice = chunk.choices[0];
    found.text += choice?.delta.content ?? "";
    found.reasoning += choice?.delta.reasoning ?? "";
    found.calls.push(...(choice?.delta.toolCalls ?? []));
    found.finish = choice?.finishReason ?? found.finish;
    found.usage = chunk.usage ?? found.usage;
    found.error = chunk.error ?? found.error;
  }
  return found;
}

async function failure(model, more = {}, from = client) {
  try {
    await ask(model, more, from);
    return null;
  } catch (error) {
    return { name: error.constructor.name, status: error.statusCode, error: error.error };
  }
}

async function respond(more = {}) {
  return client.responses.send({ responsesRequest: { model: "acme/oracle", input: "What is Cloudflare?", ...more } });
}

const format = { type: "json_schema", jsonSchema: { name: "city", strict: true, schema } };
const events = [];
for await (const event of await respond({ stream: true })) events.push(event);

console.log(
  JSON.stringify({
    whole: await ask("acme/oracle", { provider: { only: ["openai"] } }),
    other: await ask("acme/sage"),
    schema: await ask("acme/oracle", { responseFormat: format }),
    tools: await ask("acme/oracle", { tools }),
    thought: await ask("acme/thinker", { reasoning: { effort: "high" } }),
    streamed: await stream("acme/oracle"),
    streamedTools: await stream("acme/oracle", { tools }),
    streamedThought: await stream("acme/thinker", { reasoning: { effort: "high" } }),
    broken: await stream("acme/fickle"),
    response: await respond(),
    events,
    failures: {
      stranger: await failure("acme/oracle", {}, as(STRANGER)),
      dear: await failure("acme/dear", { maxTokens: 9000 }),
      poor: await failure("acme/oracle", {}, as(POOR)),
      nobody: await failure("acme/oracle", { provider: { only: ["anthropic"] } }),
      unknown: await failure("acme/nothing"),
      busy: await failure("acme/busy"),
      down: await failure("acme/fickle"),
    },
  }),
);
