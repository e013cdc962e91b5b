// OpenAI's and Anthropic's SDKs ask models through the router; prints what came as one line of JSON.
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const { ROUTER, KEY, POOR, STRANGER } = process.env;
const messages = [{ role: "user", content: "What is Cloudflare?" }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const json = { type: "json_schema", json_schema: { name: "city", strict: true, schema: parameters } };
const tools = [{ type: "function", function: { name: "weather", parameters } }];

const asOpenAI = (apiKey) => new OpenAI({ apiKey, baseURL: ROUTER, maxRetries: 0 });
const asAnthropic = (authToken) =>
  new Anthropic({ apiKey: null, authToken, baseURL: ROUTER.replace("/v1", ""), maxRetries: 0 });

async function failure(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return { name: error.constructor.name, status: error.status, message: error.message };
  }
}

async function openai(client) {
  const ask = (model, more = {}, from = client) => from.chat.completions.create({ model, messages, ...more });
  const stream = async (model) => {
    const found = { text: "", usage: null, error: null };
    try {
      for await (const chunk of await ask(model, { stream: true })) {
        found.text += chunk.choices[0]?.delta.content ?? "";
        found.usage = chunk.usage ?? found.usage;
      }
    } catch (error) {
      found.error = error.message;
    }
    return found;
  };
  return {
    whole: await ask("acme/oracle", { provider: { only: ["openai"] } }),
    text: (await client.completions.create({ model: "acme/oracle", prompt: "What is Cloudflare?" })).choices[0].text,
    response: (await client.responses.create({ model: "acme/oracle", input: "What is Cloudflare?" })).output_text,
    schema: (await ask("acme/oracle", { response_format: json })).choices[0].message.content,
    tools: (await ask("acme/oracle", { tools })).choices[0].message.tool_calls,
    thought: (await ask("acme/thinker", { reasoning_effort: "high" })).choices[0].message.reasoning,
    streamed: await stream("acme/oracle"),
    broken: await stream("acme/fickle"),
    failures: {
      stranger: await failure(() => ask("acme/oracle", {}, asOpenAI(STRANGER))),
      dear: await failure(() => ask("acme/dear", { max_tokens: 9000 })),
      poor: await failure(() => ask("acme/oracle", {}, asOpenAI(POOR))),
      nobody: await failure(() => ask("acme/oracle", { provider: { only: ["anthropic"] } })),
      busy: await failure(() => ask("acme/busy")),
      down: await failure(() => ask("acme/fickle")),
    },
  };
}

async function anthropic(client) {
  const asked = { max_tokens: 1000, messages };
  const ask = (model, more = {}, from = client) => from.messages.create({ model, ...asked, ...more });
  const stream = async (model) => {
    const found = { text: "", error: null, usage: null };
    try {
      const events = client.messages.stream({ model, ...asked }).on("text", (text) => (found.text += text));
      found.usage = (await events.finalMessage()).usage;
    } catch (error) {
      found.error = error.message;
    }
    return found;
  };
  const weather = { name: "weather", input_schema: parameters };
  return {
    whole: await ask("acme/sage"),
    other: await ask("acme/oracle"),
    tools: (await ask("acme/oracle", { tools: [weather] })).content,
    thought: (await ask("acme/thinker", { thinking: { type: "enabled", budget_tokens: 1024 }, max_tokens: 3000 })).content,
    streamed: await stream("acme/sage"),
    streamedOther: await stream("acme/oracle"),
    broken: await stream("acme/fickle"),
    failures: {
      stranger: await failure(() => ask("acme/sage", {}, asAnthropic(STRANGER))),
      dear: await failure(() => ask("acme/dear", { max_tokens: 9000 })),
      poor: await failure(() => ask("acme/sage", {}, asAnthropic(POOR))),
      nobody: await failure(() => ask("acme/oracle", { provider: { only: ["anthropic"] } })),
      busy: await failure(() => ask("acme/busy")),
      down: await failure(() => ask("acme/fickle")),
    },
  };
}

console.log(JSON.stringify({ openai: await openai(asOpenAI(KEY)), anthropic: await anthropic(asAnthropic(KEY)) }));
