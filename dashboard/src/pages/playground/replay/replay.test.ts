import { describe, expect, it } from "vitest";
import { NoReplay, replayOf } from "@/pages/playground/replay";
import { bodyOf } from "@/pages/playground/request";

const PNG = "data:image/png;base64,iVBORw0KGgo=";
const SCHEMA = { type: "object", properties: { a: { type: "string" } } };
const replay = (body: unknown) => replayOf(JSON.stringify(body), "openai/gpt");

/** What would be sent again if its question were asked. */
function again(body: unknown) {
  const { bench, left } = replay(body);
  const [column] = bench.columns;
  if (!column) throw new Error("there is a column");
  const isNew = Boolean(bench.prompt || bench.pictures.length);
  const question = { role: "user" as const, id: "q", text: bench.prompt, pictures: bench.pictures };
  return { body: bodyOf(column.model, bench.shared, isNew ? [...column.turns, question] : column.turns), left };
}

const CALL = { id: "c1", type: "function", function: { name: "now", arguments: '{"in":"UTC"}' } };
const TOOL = { type: "function", function: { name: "now", description: "The time", parameters: SCHEMA } };
const CHAT = {
  model: "openai/gpt",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "What time is it?" },
    { role: "assistant", content: null, tool_calls: [CALL] },
    { role: "tool", tool_call_id: "c1", content: "noon" },
    { role: "assistant", content: "It is noon." },
    {
      role: "user",
      content: [
        { type: "text", text: "And here?" },
        { type: "image_url", image_url: { url: PNG } },
      ],
    },
  ],
  temperature: 0.5,
  top_p: 0.9,
  max_completion_tokens: 50,
  seed: 7,
  stop: ["END"],
  reasoning_effort: "low",
  response_format: { type: "json_schema", json_schema: { name: "n", strict: true, schema: SCHEMA } },
  tools: [TOOL],
  stream: true,
  stream_options: { include_usage: true },
};

describe("a chat", () => {
  it("is sent again as it was", () => {
    const { body, left } = again(CHAT);
    expect(left).toEqual([]);
    expect(body).toEqual(CHAT);
  });

  it("has its last question as the prompt, to be changed", () => {
    const { bench } = replay(CHAT);
    expect(bench.prompt).toBe("And here?");
    expect(bench.pictures.map((one) => [one.url, one.size])).toEqual([[PNG, 8]]);
    expect(bench.columns[0]?.turns.map((turn) => turn.role)).toEqual(["user", "assistant", "tool", "assistant"]);
  });

  it("says what could not be taken over", () => {
    const { left, body } = again({
      messages: [
        { role: "user", content: [{ type: "input_audio", input_audio: {} }] },
        { role: "user", content: "hi" },
        { role: "developer", content: "late" },
      ],
      logit_bias: { "5": 1 },
      reasoning: { effort: "high", max_tokens: 100 },
      metadata: null,
    });
    expect(left).toEqual([
      "a part of a message, `input_audio`",
      "where instructions stood within the conversation: they are all at its beginning",
      "`reasoning.max_tokens`",
      "`logit_bias`",
    ]);
    expect(body).toMatchObject({
      reasoning_effort: "high",
      messages: [{ role: "system", content: "late" }, { content: "hi" }],
    });
    expect(body.stream).toBeUndefined();
  });

  it("that ends with results of tools waits for an answer", () => {
    const { bench } = replay({ messages: CHAT.messages.slice(0, 4) });
    expect(bench.prompt).toBe("");
    expect(bench.columns[0]?.turns.at(-1)?.role).toBe("tool");
  });
});

describe("Anthropic's messages", () => {
  it("become the same conversation", () => {
    const { body, left } = again({
      model: "claude",
      max_tokens: 50,
      system: [{ type: "text", text: "Be brief." }],
      messages: [
        { role: "user", content: "What time is it?" },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "Hm.", signature: "Eq" },
            { type: "tool_use", id: "c1", name: "now", input: { in: "UTC" } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "c1", content: [{ type: "text", text: "noon" }] },
            { type: "text", text: "And here?" },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
          ],
        },
      ],
      tools: [
        { name: "now", description: "The time", input_schema: SCHEMA },
        { type: "web_search_20250305", name: "web_search" },
      ],
      stop_sequences: ["END"],
      thinking: { type: "enabled", budget_tokens: 2000 },
      output_config: { effort: "low" },
    });
    expect(body.messages).toEqual([
      ...CHAT.messages.slice(0, 2),
      {
        role: "assistant",
        content: null,
        tool_calls: [CALL],
        reasoning_details: [
          { type: "reasoning.text", text: "Hm.", signature: "Eq", format: "anthropic-claude-v1", index: 0 },
        ],
      },
      CHAT.messages[3],
      CHAT.messages[5],
    ]);
    expect(body).toMatchObject({ stop: ["END"], max_completion_tokens: 50, tools: [TOOL], reasoning_effort: "low" });
    expect(left).toEqual(["Anthropic's own tool `web_search`", "`thinking`"]);
  });
});

describe("a Responses request", () => {
  it("becomes the same conversation", () => {
    const { body, left } = again({
      model: "gpt",
      instructions: "Be brief.",
      input: [
        { role: "user", content: "What time is it?" },
        { type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "x" },
        { type: "function_call", call_id: "c1", name: "now", arguments: '{"in":"UTC"}' },
        { type: "function_call_output", call_id: "c1", output: "noon" },
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "It is noon." }] },
        {
          role: "user",
          content: [
            { type: "input_text", text: "And here?" },
            { type: "input_image", image_url: PNG },
          ],
        },
      ],
      max_output_tokens: 50,
      temperature: 0.5,
      reasoning: { effort: "low" },
      text: { format: { type: "json_schema", name: "n", strict: true, schema: SCHEMA } },
      tools: [{ type: "function", name: "now", description: "The time", parameters: SCHEMA }, { type: "web_search" }],
      previous_response_id: "resp_1",
    });
    expect(body.messages).toEqual(CHAT.messages);
    expect(body).toMatchObject({ max_completion_tokens: 50, tools: [TOOL], reasoning_effort: "low" });
    expect(body.response_format).toMatchObject({ json_schema: { name: "n", schema: SCHEMA } });
    expect(left).toEqual([
      "the sealed thoughts of an answer",
      "the built-in tool `web_search`",
      "what was said before: the provider holds it (`previous_response_id`)",
    ]);
  });

  it("may be one text", () => expect(replay({ model: "gpt", input: "hi" }).bench.prompt).toBe("hi"));
});

describe("Gemini's request", () => {
  it.each(["camelCase", "snake_case"])("becomes the same conversation, in %s", (way) => {
    const name = (camel: string) =>
      way === "camelCase" ? camel : camel.replace(/[A-Z]/g, (one) => `_${one.toLowerCase()}`);
    const { body, left } = again({
      [name("systemInstruction")]: { parts: [{ text: "Be brief." }] },
      contents: [
        { role: "user", parts: [{ text: "What time is it?" }] },
        { role: "model", parts: [{ [name("functionCall")]: { id: "c1", name: "now", args: { in: "UTC" } } }] },
        { role: "user", parts: [{ [name("functionResponse")]: { name: "now", response: { time: "noon" } } }] },
        { role: "model", parts: [{ text: "Hm.", thought: true }, { text: "It is noon." }] },
        {
          role: "user",
          parts: [
            { text: "And here?" },
            { [name("inlineData")]: { [name("mimeType")]: "image/png", data: "iVBORw0KGgo=" } },
          ],
        },
      ],
      [name("generationConfig")]: {
        temperature: 0.5,
        [name("topP")]: 0.9,
        [name("maxOutputTokens")]: 50,
        seed: 7,
        [name("stopSequences")]: ["END"],
        [name("responseMimeType")]: "application/json",
        [name("responseSchema")]: { type: "OBJECT", properties: { a: { type: "STRING" } } },
        [name("topK")]: 5,
      },
      tools: [
        {
          [name("functionDeclarations")]: [
            {
              name: "now",
              description: "The time",
              parameters: { type: "OBJECT", properties: { a: { type: "STRING" } } },
            },
          ],
        },
      ],
      [name("safetySettings")]: [{ category: "x" }],
    });
    expect(body.messages).toEqual([
      ...CHAT.messages.slice(0, 3),
      { role: "tool", tool_call_id: "c1", content: '{"time":"noon"}' },
      ...CHAT.messages.slice(4),
    ]);
    expect(body).toMatchObject({ temperature: 0.5, top_p: 0.9, max_completion_tokens: 50, seed: 7, stop: ["END"] });
    expect(body).toMatchObject({ tools: [TOOL], response_format: { json_schema: { schema: SCHEMA } } });
    expect(left).toEqual(["`generationConfig.topK`", "`safetySettings`"]);
  });
});

describe("what is no conversation", () => {
  it.each([
    ["", "not kept"],
    ["plain", "no JSON"],
    ["[1]", "no JSON object"],
    ['{"input": "hi", "encoding_format": "float"}', "no conversation"],
    ['{"query": "a", "documents": []}', "no conversation"],
  ])("is refused with a reason: %s", (text, reason) => {
    expect(() => replayOf(text, "openai/gpt")).toThrow(NoReplay);
    expect(() => replayOf(text, "openai/gpt")).toThrow(reason);
  });

  it("has the model that was asked for where no provider was reached", () => {
    const text = JSON.stringify({ model: "nobody/x", messages: [{ role: "user", content: "hi" }] });
    expect(replayOf(text, "").bench.columns[0]?.model).toBe("nobody/x");
  });

  it("is not a step of the universal endpoint, nor a prompt", () => {
    expect(replay([{ provider: "openai", query: { messages: [{ role: "user", content: "hi" }] } }]).bench.prompt).toBe(
      "hi",
    );
    expect(replay({ prompt: "once" }).bench.prompt).toBe("once");
  });
});
