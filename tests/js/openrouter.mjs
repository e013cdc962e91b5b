// OpenRouter's own example, with nothing but the base URL changed; prints what came as one line of JSON.
import OpenAI from "openai";

const openai = new OpenAI({ apiKey: process.env.OPENROUTER_TOKEN, baseURL: process.env.BASE_URL, maxRetries: 0 });
const messages = [{ role: "user", content: "What is Cloudflare?" }];

const whole = await openai.chat.completions.create({ model: "openai/gpt-3.5-turbo", messages });

let text = "";
let usage = null;
for await (const chunk of await openai.chat.completions.create({
  model: "openai/gpt-3.5-turbo",
  messages,
  stream: true,
  stream_options: { include_usage: true },
})) {
  text += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}

let failure = null;
try {
  await openai.withOptions({ baseURL: process.env.BASE_URL.replace("/default/", "/nobody/") }).models.list();
} catch (error) {
  failure = { status: error.status, name: error.constructor.name };
}

console.log(JSON.stringify({ whole: whole.choices[0].message.content, streamed: text, usage, failure }));
