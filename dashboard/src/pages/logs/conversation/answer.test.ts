import { expect, test } from "vitest";
import { readAnswer } from "@/pages/logs/conversation/answer";

const read = (body: unknown) => readAnswer(JSON.stringify(body))?.turns;

test("chat completions: thoughts, words, calls, and why it ended", () => {
  expect(
    read({
      choices: [
        {
          finish_reason: "tool_calls",
          message: {
            role: "assistant",
            reasoning_content: "Hm.",
            content: "One moment.",
            tool_calls: [{ id: "c", function: { name: "look", arguments: "{" } }],
          },
        },
      ],
      error: null,
    }),
  ).toEqual([
    {
      role: "assistant",
      notes: ["tool_calls"],
      parts: [
        { kind: "reasoning", text: "Hm." },
        { kind: "text", text: "One moment." },
        { kind: "call", id: "c", name: "look", given: "{" },
      ],
    },
  ]);
});

test("chat completions: several choices, refusals, pictures made, old completions", () => {
  expect(read({ choices: [{ message: { content: "a" } }, { message: { content: "b" } }] })).toHaveLength(2);
  expect(read({ choices: [{ message: { content: null, refusal: "No." } }] })?.[0]?.parts).toEqual([
    { kind: "refusal", text: "No." },
  ]);
  const picture = { type: "image_url", image_url: { url: "data:image/png;base64,A" } };
  expect(read({ choices: [{ message: { content: "", images: [picture] } }] })?.[0]?.parts).toHaveLength(1);
  expect(read({ choices: [{ text: "old" }] })?.[0]?.parts).toEqual([{ kind: "text", text: "old" }]);
});

test("Anthropic", () => {
  expect(read({ type: "message", stop_reason: "max_tokens", content: [{ type: "text", text: "Yes" }] })).toEqual([
    { role: "assistant", notes: ["max_tokens"], parts: [{ kind: "text", text: "Yes" }] },
  ]);
});

test("Responses", () => {
  const output = [
    { type: "reasoning", summary: [{ text: "Hm." }] },
    { type: "web_search_call", id: "w", action: { query: "x" } },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "Yes" }] },
  ];
  expect(read({ object: "response", status: "completed", error: null, output })).toEqual([
    {
      role: "assistant",
      notes: [],
      parts: [
        { kind: "reasoning", text: "Hm." },
        { kind: "call", id: "w", name: "web_search_call", given: '{\n  "query": "x"\n}' },
        { kind: "text", text: "Yes" },
      ],
    },
  ]);
});

test("Gemini, whole and as the list that a stream is", () => {
  const piece = (text: string, finishReason?: string) => ({
    candidates: [{ content: { parts: [{ text }] }, finishReason }],
  });
  expect(read(piece("Yes", "STOP"))?.[0]).toEqual({
    role: "assistant",
    notes: ["stop"],
    parts: [{ kind: "text", text: "Yes" }],
  });
  expect(read([piece("Y"), piece("es", "STOP")])?.[0]?.parts).toEqual([{ kind: "text", text: "Yes" }]);
});

test("embeddings and pictures", () => {
  const vector = Array.from({ length: 1536 }, () => 0.5);
  expect(read({ data: [{ object: "embedding", embedding: vector }] })?.[0]?.parts[0]).toMatchObject({
    text: expect.stringContaining("A vector of 1536 numbers: 0.5000"),
  });
  expect(read({ data: [{ b64_json: "AAAA" }] })?.[0]?.parts[0]).toMatchObject({ kind: "image" });
});

test("what went wrong, in every envelope", () => {
  const errors = [
    { error: { message: "Too many", type: "requests", code: "rate_limit" } },
    { error: "Too many" },
    { type: "error", error: { type: "overloaded_error", message: "Too many" } },
    [{ error: { code: 429, status: "RESOURCE_EXHAUSTED", message: "Too many" } }],
    { success: false, errors: [{ code: 2003, message: "Too many" }], result: null },
  ];
  for (const body of errors) {
    const turns = read(body);
    expect(turns?.[0]?.parts).toEqual([{ kind: "refusal", text: "Too many" }]);
    expect(turns?.[0]?.role).toBe("error");
  }
});

test("what is no answer is left to the raw view", () => {
  for (const text of ["", "data: {}\n\n", "[]", "{}", "null", '{"choices": [null]}', '{"data": [3]}']) {
    expect(() => readAnswer(text)).not.toThrow();
  }
  expect(readAnswer("data: {}\n\n")).toBeNull();
});
