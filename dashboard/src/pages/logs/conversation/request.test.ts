import { expect, test } from "vitest";
import { readRequest } from "@/pages/logs/conversation/request";

const read = (body: unknown, path = "chat/completions", step = 0) => readRequest(JSON.stringify(body), path, step);

test("chat completions: system, pictures, calls and their results", () => {
  const said = read({
    model: "gpt-4o",
    temperature: 0.2,
    stop: ["a"],
    tools: [{ type: "function", function: { name: "weather", description: "Asks", parameters: { type: "object" } } }],
    messages: [
      { role: "developer", content: "Be brief." },
      {
        role: "user",
        name: "ada",
        content: [
          { type: "text", text: "What is it?" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
          { type: "image_url", image_url: { url: "javascript:alert(1)" } },
          { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AA" } },
        ],
      },
      {
        role: "assistant",
        content: null,
        tool_calls: [{ id: "c1", type: "function", function: { name: "weather", arguments: '{"city":"Kyoto"}' } }],
      },
      { role: "tool", tool_call_id: "c1", content: "Rain" },
    ],
  });
  expect(said?.turns).toEqual([
    { role: "system", notes: [], parts: [{ kind: "text", text: "Be brief." }] },
    {
      role: "user",
      notes: ["ada"],
      parts: [
        { kind: "text", text: "What is it?" },
        { kind: "image", url: "data:image/png;base64,AAAA", name: "Image" },
        { kind: "image", url: null, name: "javascript:alert(1)" },
        { kind: "file", name: "a.pdf", type: "application/pdf" },
      ],
    },
    {
      role: "assistant",
      notes: [],
      parts: [{ kind: "call", id: "c1", name: "weather", given: '{\n  "city": "Kyoto"\n}' }],
    },
    {
      role: "tool",
      notes: [],
      parts: [{ kind: "result", id: "c1", name: "", isError: false, parts: [{ kind: "text", text: "Rain" }] }],
    },
  ]);
  expect(said?.tools).toEqual([{ name: "weather", about: "Asks", schema: '{\n  "type": "object"\n}' }]);
  expect(said?.settings).toEqual([
    ["temperature", "0.2"],
    ["stop", '["a"]'],
  ]);
});

test("Anthropic: a system of its own, thoughts, documents, results that a user brings", () => {
  const said = read(
    {
      model: "claude",
      max_tokens: 10,
      system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source: { type: "base64", media_type: "image/jpeg", data: "BBBB" } },
            { type: "document", title: "b.pdf", source: { type: "base64", media_type: "application/pdf", data: "x" } },
          ],
        },
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "Hm.", signature: "s" },
            { type: "tool_use", id: "t1", name: "look", input: { at: 1 } },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "t1", is_error: true, content: [{ type: "text", text: "No" }] },
          ],
        },
      ],
      tools: [{ name: "look", input_schema: { type: "object" } }],
    },
    "v1/messages",
  );
  expect(said?.turns.map((turn) => turn.role)).toEqual(["system", "user", "assistant", "tool"]);
  expect(said?.turns[1]?.parts).toEqual([
    { kind: "image", url: "data:image/jpeg;base64,BBBB", name: "Image" },
    { kind: "file", name: "b.pdf", type: "application/pdf" },
  ]);
  expect(said?.turns[2]?.parts[0]).toEqual({ kind: "reasoning", text: "Hm." });
  expect(said?.turns[3]?.parts).toEqual([
    { kind: "result", id: "t1", name: "", isError: true, parts: [{ kind: "text", text: "No" }] },
  ]);
  expect(said?.settings).toEqual([["max_tokens", "10"]]);
});

test("Responses: instructions, items, and one answer's items together", () => {
  const said = read(
    {
      model: "gpt-5",
      instructions: "Be brief.",
      input: [
        { role: "user", content: [{ type: "input_text", text: "Weather?" }] },
        { type: "reasoning", summary: [{ type: "summary_text", text: "Ask." }] },
        { type: "function_call", call_id: "c1", name: "weather", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: "Rain" },
      ],
    },
    "responses",
  );
  expect(said?.turns).toEqual([
    { role: "system", notes: [], parts: [{ kind: "text", text: "Be brief." }] },
    { role: "user", notes: [], parts: [{ kind: "text", text: "Weather?" }] },
    {
      role: "assistant",
      notes: [],
      parts: [
        { kind: "reasoning", text: "Ask." },
        { kind: "call", id: "c1", name: "weather", given: "{}" },
      ],
    },
    {
      role: "tool",
      notes: [],
      parts: [{ kind: "result", id: "c1", name: "", isError: false, parts: [{ kind: "text", text: "Rain" }] }],
    },
  ]);
  expect(read({ input: "Hello" }, "responses")?.turns[0]?.parts).toEqual([{ kind: "text", text: "Hello" }]);
});

test("Gemini: contents, functions and settings", () => {
  const said = read(
    {
      systemInstruction: { parts: [{ text: "Be brief." }] },
      contents: [
        { role: "user", parts: [{ text: "See" }, { inlineData: { mimeType: "image/png", data: "CCCC" } }] },
        { role: "model", parts: [{ text: "Hm", thought: true }, { functionCall: { name: "look", args: { at: 1 } } }] },
        { role: "user", parts: [{ functionResponse: { name: "look", response: { seen: true } } }] },
      ],
      tools: [{ functionDeclarations: [{ name: "look" }] }, { googleSearch: {} }],
      generationConfig: { temperature: 1 },
    },
    "v1beta/models/gemini-2.5-pro:generateContent",
  );
  expect(said?.turns.map((turn) => turn.role)).toEqual(["system", "user", "assistant", "tool"]);
  expect(said?.turns[1]?.parts[1]).toEqual({ kind: "image", url: "data:image/png;base64,CCCC", name: "Image" });
  expect(said?.turns[2]?.parts[0]).toEqual({ kind: "reasoning", text: "Hm" });
  expect(said?.tools.map((tool) => tool.name)).toEqual(["look", "googleSearch"]);
  expect(said?.settings).toEqual([["temperature", "1"]]);
});

test("Bedrock: blocks without types", () => {
  const said = read(
    {
      system: [{ text: "Be brief." }],
      messages: [
        { role: "user", content: [{ text: "Hi" }, { toolResult: { toolUseId: "u", content: [{ text: "y" }] } }] },
      ],
      inferenceConfig: { maxTokens: 9 },
    },
    "model/x/converse",
  );
  expect(said?.turns[1]?.parts.map((part) => part.kind)).toEqual(["text", "result"]);
  expect(said?.settings).toEqual([["maxTokens", "9"]]);
});

test("embeddings: each text stands alone, tokens are counted", () => {
  expect(read({ input: ["a", "b"] }, "embeddings")?.turns).toHaveLength(2);
  expect(read({ input: [1, 2, 3] }, "embeddings")?.turns[0]?.parts[0]).toMatchObject({ name: "3 tokens" });
});

test("the universal endpoint: the step that the log is of", () => {
  const body = [
    { provider: "a", endpoint: "x", query: { messages: [{ role: "user", content: "first" }] } },
    { provider: "b", endpoint: "y", query: { messages: [{ role: "user", content: "second" }] } },
  ];
  expect(read(body, "", 1)?.turns[0]?.parts).toEqual([{ kind: "text", text: "second" }]);
});

test("what is no conversation is left to the raw view", () => {
  for (const text of ["", "not json", "[]", "{}", '"text"', '{"messages": 3}', '{"messages": [null, 7]}']) {
    expect(() => readRequest(text, "")).not.toThrow();
  }
  expect(readRequest("{", "")).toBeNull();
  expect(readRequest('{"file": "x"}', "files")).toBeNull();
});

test("blocks of a kind that is not known are shown as they are", () => {
  const said = read({ messages: [{ role: "user", content: [{ type: "hologram", depth: 3 }] }] });
  expect(said?.turns[0]?.parts).toEqual([
    { kind: "other", name: "hologram", json: '{\n  "type": "hologram",\n  "depth": 3\n}' },
  ]);
});
