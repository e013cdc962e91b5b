import { describe, expect, it } from "vitest";
import { type Answer, grown, type Json, newAnswer, tokensPerSecond } from "@/pages/playground/answer";

const play = (...pieces: Json[]): Answer => pieces.reduce(grown, newAnswer("openai/gpt", "default"));
const delta = (what: Json, more: { [name: string]: Json } = {}): Json => ({
  choices: [{ index: 0, delta: what, ...more }],
});

describe("an answer grows", () => {
  it("by text, reasoning and what it used", () => {
    const answer = play(
      delta({ role: "assistant", content: "" }),
      delta({ reasoning: "Let me " }),
      delta({ reasoning_content: "see." }),
      delta({ content: "Hel" }),
      delta({ content: "lo" }, { finish_reason: "stop" }),
      {
        choices: [],
        usage: {
          prompt_tokens: 9,
          completion_tokens: 4,
          prompt_tokens_details: { cached_tokens: 2 },
          completion_tokens_details: { reasoning_tokens: 3 },
        },
      },
    );
    expect(answer).toMatchObject({ text: "Hello", reasoning: "Let me see.", finish: "stop", state: "running" });
    expect(answer.usage).toEqual({ input: 9, output: 4, cachedInput: 2, reasoning: 3, cost: null });
  });

  it("by a whole reply at once", () => {
    const answer = play({
      choices: [
        {
          message: {
            content: [{ type: "text", text: "Hi" }],
            tool_calls: [
              { id: "a", type: "function", function: { name: "one", arguments: "{}" } },
              { id: "b", type: "function", function: { name: "two", arguments: "[]" } },
            ],
          },
          finish_reason: "tool_calls",
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 1, cost: 0.5 },
    });
    expect(answer.text).toBe("Hi");
    expect(answer.toolCalls.map((one) => one.name)).toEqual(["one", "two"]);
    expect(answer.usage?.cost).toBe(0.5);
  });

  it("by calls of tools in pieces", () => {
    const answer = play(
      delta({ tool_calls: [{ index: 0, id: "a", function: { name: "now", arguments: "" } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: '{"in":' } }] }),
      delta({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }),
      delta({ tool_calls: [{ index: 1, id: "b", function: { name: "then", arguments: "{}" } }] }),
    );
    expect(answer.toolCalls).toEqual([
      { id: "a", name: "now", arguments: '{"in":1}' },
      { id: "b", name: "then", arguments: "{}" },
    ]);
  });

  it("by calls that all have one number, and ids of their own", () => {
    const answer = play(
      delta({ tool_calls: [{ index: 0, id: "a", function: { name: "now", arguments: "{}" } }] }),
      delta({ tool_calls: [{ index: 0, id: "b", function: { name: "then", arguments: "{}" } }] }),
    );
    expect(answer.toolCalls.map((one) => [one.id, one.name])).toEqual([
      ["a", "now"],
      ["b", "then"],
    ]);
  });

  it("by details of its thoughts, whose pieces are joined", () => {
    const answer = play(
      delta({ reasoning_details: [{ type: "reasoning.text", text: "Let ", index: 0 }] }),
      delta({ reasoning_details: [{ type: "reasoning.text", text: "me", index: 0 }] }),
      delta({ reasoning_details: [{ type: "reasoning.text", signature: "Eq", index: 0 }] }),
      delta({ reasoning_details: [{ type: "reasoning.encrypted", data: "x", index: 1 }] }),
    );
    expect(answer.reasoningDetails).toEqual([
      { type: "reasoning.text", text: "Let me", signature: "Eq", index: 0 },
      { type: "reasoning.encrypted", data: "x", index: 1 },
    ]);
  });

  it("by pictures", () => {
    const answer = play(delta({ images: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA" } }] }));
    expect(answer.pictures).toEqual(["data:image/png;base64,AA"]);
  });

  it("and keeps what had come when an error ends it", () => {
    const answer = play(delta({ content: "Hel" }), {
      error: { message: "Overloaded", code: 502 },
      choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
    });
    expect(answer).toMatchObject({ text: "Hel", state: "failed", problem: { status: 502, message: "Overloaded" } });
    expect(play({ error: "no" }).problem).toMatchObject({ status: 0, message: "no" });
    expect(play({ error: { code: "stream_cut" } }).problem).toMatchObject({ status: 0, code: "stream_cut" });
  });

  it("by nothing that it does not know", () => {
    const before = newAnswer("m", "g");
    for (const odd of [null, 1, "x", [], {}, { choices: [] }, { choices: [{ delta: {} }] }] as Json[]) {
      expect(grown(before, odd)).toEqual(before);
    }
  });
});

it("has a speed from its first token on", () => {
  const answer = { ...newAnswer("m", "g"), usage: { input: 1, output: 50, cachedInput: 0, reasoning: 0, cost: null } };
  expect(tokensPerSecond({ ...answer, firstMs: 500, totalMs: 1500 })).toBe(50);
  expect(tokensPerSecond({ ...answer, firstMs: null, totalMs: 1000 })).toBe(50);
  expect(tokensPerSecond({ ...answer, totalMs: null })).toBeNull();
  expect(tokensPerSecond({ ...newAnswer("m", "g"), totalMs: 10 })).toBeNull();
});
