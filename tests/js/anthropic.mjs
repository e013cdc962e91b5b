// Anthropic's SDK against the gateway's provider path; prints what came as one line of JSON.
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ apiKey: process.env.ANTHROPIC_KEY, baseURL: process.env.BASE_URL, maxRetries: 0 });
const asked = { model: "claude-haiku-4-5", max_tokens: 64, messages: [{ role: "user", content: "Hello" }] };

const whole = await client.messages.create(asked);
const streamed = await client.messages.stream(asked).finalMessage();

const text = (message) => message.content.map((block) => block.text ?? "").join("");
console.log(JSON.stringify({ whole: text(whole), streamed: text(streamed), usage: streamed.usage }));
