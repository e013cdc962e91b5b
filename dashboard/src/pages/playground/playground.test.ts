import { describe, expect, it } from "vitest";
import type { Model } from "@/pages/models/data";
import { adviceOf } from "@/pages/playground/advice";
import { type Answer, type AnswerProblem, newAnswer } from "@/pages/playground/answer";
import {
  asked,
  type Bench,
  cutAt,
  isRunning,
  isWaiting,
  newBench,
  type Turn,
  withAnswer,
  withModels,
} from "@/pages/playground/bench";
import { codeOf, pythonic } from "@/pages/playground/code";
import { bestOf } from "@/pages/playground/figures";
import { fromLink, readModels, toLink } from "@/pages/playground/kept";
import { checked, countSet, NO_PARAMS, notTaken, type Params } from "@/pages/playground/params";
import { refusalOf, sizeOf } from "@/pages/playground/pictures";
import { bodyOf, pathOf } from "@/pages/playground/request";
import { matching, suggestionsOf } from "@/pages/playground/suggestions";

const params = (some: Partial<Params>): Params => ({ ...NO_PARAMS, ...some });
const MODEL = "anthropic/claude";

describe("parameters", () => {
  it("are sent where they are set alone", () => {
    expect(checked(NO_PARAMS, MODEL)).toEqual({ fields: {}, problems: {} });
    const all = params({ temperature: "0", topP: "0.5", maxTokens: "9", seed: "-3", stop: "a\n\nb", effort: "low" });
    expect(checked(all, MODEL).fields).toEqual({
      temperature: 0,
      top_p: 0.5,
      max_tokens: 9,
      seed: -3,
      stop: ["a", "b"],
      reasoning_effort: "low",
    });
  });

  it("have the name that the provider takes", () => {
    expect(checked(params({ maxTokens: "9" }), "openai/gpt-5").fields).toEqual({ max_completion_tokens: 9 });
    expect(checked(params({ maxTokens: "9" }), "openrouter/openai/gpt-5").fields).toEqual({ max_tokens: 9 });
  });

  it.each([
    [{ temperature: "hot" }, "temperature"],
    [{ temperature: "2.1" }, "temperature"],
    [{ topP: "-1" }, "topP"],
    [{ maxTokens: "0" }, "maxTokens"],
    [{ maxTokens: "1.5" }, "maxTokens"],
    [{ seed: "1e99" }, "seed"],
    [{ stop: Array.from({ length: 17 }, String).join("\n") }, "stop"],
    [{ format: "json_schema" as const, schema: "{" }, "schema"],
    [{ format: "json_schema" as const, schema: "[]" }, "schema"],
    [{ tools: "{" }, "tools"],
    [{ tools: "[1]" }, "tools"],
    [{ tools: "[]" }, "tools"],
  ])("that cannot be so are told of and left out: %o", (some, name) => {
    const found = checked(params(some), MODEL);
    expect(Object.keys(found.problems)).toEqual([name]);
    expect(found.fields).toEqual({});
  });

  it("take a schema as it is or in its wrapper, and tools in both shapes", () => {
    const schema = { type: "object" };
    const format = (text: unknown) =>
      checked(params({ format: "json_schema", schema: JSON.stringify(text) }), MODEL).fields.response_format;
    const wrapped = { type: "json_schema", json_schema: { name: "answer", strict: true, schema } };
    expect(format(schema)).toEqual(wrapped);
    expect(format(wrapped)).toEqual(wrapped);
    expect(format({ name: "n", schema })).toEqual({ type: "json_schema", json_schema: { name: "n", schema } });
    const called = { name: "now", parameters: schema };
    for (const given of [called, [called], [{ type: "function", function: called }]]) {
      expect(checked(params({ tools: JSON.stringify(given) }), MODEL).fields.tools).toEqual([
        { type: "function", function: called },
      ]);
    }
  });

  it("say which the model is not known to take", () => {
    const set = params({ temperature: "1", effort: "low", format: "json_object", system: "x" });
    expect(notTaken(set, ["temperature", "response_format"])).toEqual(["reasoning"]);
    expect(countSet(set)).toBe(4);
  });
});

const answered = (some: Partial<Answer>): Turn => ({
  role: "assistant",
  id: "a",
  answer: { ...newAnswer(MODEL, "default"), state: "done", ...some },
});

describe("a request", () => {
  it("leaves out answers that are none", () => {
    const user: Turn = { role: "user", id: "u", text: "hi", pictures: [] };
    const turns = [user, answered({ state: "failed" }), user, answered({ reasoning: "only thought" }), user];
    const body = bodyOf(MODEL, params({ isStreamed: false, system: " " }), turns);
    expect(body).toEqual({ model: MODEL, messages: Array(3).fill({ role: "user", content: "hi" }) });
  });

  it("has a picture alone as it is", () => {
    const picture = { id: "p", name: "p", url: "data:image/png;base64,AA", size: 1 };
    const [message] = bodyOf(MODEL, NO_PARAMS, [{ role: "user", id: "u", text: "", pictures: [picture] }])
      .messages as unknown[];
    expect(message).toEqual({ role: "user", content: [{ type: "image_url", image_url: { url: picture.url } }] });
  });

  it("goes to a gateway whatever it is called", () =>
    expect(pathOf("a", "b c")).toBe("/v1/a/b%20c/compat/chat/completions"));
});

describe("a bench", () => {
  it("keeps conversations of models that stay", () => {
    const before = newBench(["a/1", "b/2"]);
    const after = withModels(before, ["b/2", "c/3", "b/2"]);
    expect(after.columns.map((one) => one.model)).toEqual(["b/2", "c/3", "b/2"]);
    expect(after.columns[0]).toBe(before.columns[1]);
    expect(withModels(before, ["1", "2", "3", "4", "5"]).columns).toHaveLength(4);
  });

  it("knows who waits, who runs, and what an edit cuts off", () => {
    const [column] = newBench().columns;
    if (!column) throw new Error("there is a column");
    expect(isWaiting(column)).toBe(false);
    const running = asked(column, { role: "user", id: "u", text: "hi", pictures: [] }, "default");
    expect([isRunning(running), isWaiting(running)]).toEqual([true, false]);
    const place = running.turns.at(-1)?.id ?? "";
    const failed = withAnswer(running, place, (one) => ({ ...one, state: "failed" }));
    expect([isRunning(failed), isWaiting(failed)]).toEqual([false, true]);
    const done = withAnswer(running, place, (one) => ({ ...one, state: "done", text: "x" }));
    expect(isWaiting(done)).toBe(false);
    expect(cutAt(done, "u").turns).toEqual([]);
    expect(cutAt(done, place).turns.map((turn) => turn.role)).toEqual(["user"]);
    expect(cutAt(done, "other")).toBe(done);
  });
});

describe("a link", () => {
  const bench: Bench = {
    ...newBench(["openai/gpt:x", "@cf/meta/llama"]),
    shared: params({ temperature: "0.5", system: "Be brief & good", format: "json_object", isStreamed: false }),
    prompt: "hi, you?",
  };

  it("brings models, parameters and the prompt to somebody else", () => {
    const found = fromLink(new URLSearchParams(toLink(bench, "default").toString()), null);
    expect(found.columns.map((one) => one.model)).toEqual(["openai/gpt:x", "@cf/meta/llama"]);
    expect([found.shared, found.prompt]).toEqual([bench.shared, "hi, you?"]);
  });

  it("with models alone leaves the rest as it was kept", () => {
    const found = fromLink(new URLSearchParams("models=a/b"), bench);
    expect(found.columns.map((one) => one.model)).toEqual(["a/b"]);
    expect([found.shared, found.prompt]).toEqual([bench.shared, bench.prompt]);
    expect(fromLink(new URLSearchParams(""), bench)).toBe(bench);
  });

  it("brings no format that there is not", () =>
    expect(fromLink(new URLSearchParams("format=xml"), null).shared).toEqual(NO_PARAMS));

  it("has a model where it has none", () => {
    expect(fromLink(new URLSearchParams(""), null).columns[0]?.model).toBe("local/smollm2-135m-instruct");
    expect(readModels(" a/b ,,c/d,e,f,g")).toEqual(["a/b", "c/d", "e", "f"]);
  });
});

describe("pictures", () => {
  const there = [{ id: "p", name: "p", url: "", size: 16_000_000 }];

  it.each([
    [{ name: "a.svg", type: "image/svg+xml", size: 1 }, [], "PNG, JPEG"],
    [{ name: "a.png", type: "image/png", size: 5_000_001 }, [], "at most 5.0 MB"],
    [{ name: "a.png", type: "image/png", size: 4_500_000 }, there, "at most 20.0 MB"],
  ])("are refused with a reason", (file, before, reason) => expect(refusalOf(file, before)).toContain(reason));

  it("go along where they fit", () =>
    expect(refusalOf({ name: "", type: "image/png", size: 4_000_000 }, there)).toBeNull());

  it("have the size of what is in them", () => {
    expect(["AAAA", "AAA=", "AA=="].map((data) => sizeOf(`data:image/png;base64,${data}`))).toEqual([3, 2, 1]);
    expect(sizeOf("https://example.com/a.png")).toBe(0);
  });
});

describe("code", () => {
  const place = { url: "http://127.0.0.1:8787/", account: "a1", gateway: "default" };
  const body = bodyOf(MODEL, params({ temperature: "0" }), [
    { role: "user", id: "u", text: "It's\nJSON", pictures: [] },
  ]);

  it("calls the real address with what was sent", () => {
    const text = codeOf("curl", place, body);
    expect(text).toContain("curl http://127.0.0.1:8787/v1/a1/default/compat/chat/completions");
    const sent = text.split("<<'JSON'\n")[1]?.replace(/\nJSON$/, "") ?? "";
    expect(JSON.parse(sent)).toEqual(body);
    expect(codeOf("javascript", place, body)).toContain('baseURL: "http://127.0.0.1:8787/v1/a1/default/compat"');
  });

  it("is Python where it is to be Python", () => {
    const text = codeOf("python", place, body);
    expect(text).toContain("    temperature=0,\n");
    expect(text).toContain("    stream=True,\n");
    expect(text).toContain('"content": "It\'s\\nJSON",');
    expect(pythonic([null, false, {}, [], 1.5])).toBe("[\n    None,\n    False,\n    {},\n    [],\n    1.5,\n]");
  });

  it("has no megabytes in it", () => {
    const url = `data:image/png;base64,${"A".repeat(5000)}`;
    const picture = { id: "p", name: "p", url, size: 3750 };
    const sent = bodyOf(MODEL, NO_PARAMS, [{ role: "user", id: "u", text: "", pictures: [picture] }]);
    expect(codeOf("curl", place, sent).length).toBeLessThan(1000);
  });
});

describe("figures", () => {
  const done = (some: Partial<Answer>): Answer => ({ ...newAnswer(MODEL, "default"), state: "done", ...some });

  it("say which answer was best at what", () => {
    const answers = [
      done({ cost: 0.2, firstMs: 100, totalMs: 900 }),
      done({ cost: 0.1, firstMs: 300, totalMs: 900 }),
      done({ cost: null, firstMs: 200, totalMs: 800 }),
    ];
    expect(bestOf(answers)).toEqual([["first"], ["cost"], ["total"]]);
    expect(bestOf([done({ cost: 0, state: "failed" }), ...answers, null])).toEqual([
      [],
      ["first"],
      ["cost"],
      ["total"],
      [],
    ]);
  });

  it("compare nothing with nothing, nor while somebody still answers", () => {
    expect(bestOf([done({ cost: 0, totalMs: 1 })])).toEqual([[]]);
    expect(bestOf([done({ cost: 0 }), done({ cost: 1, state: "running" })])).toEqual([[], []]);
  });
});

describe("advice", () => {
  const problem = (some: Partial<AnswerProblem>): AnswerProblem => ({
    ...{ status: 400, message: "", code: null, isKeyless: false },
    ...some,
  });

  it.each([
    [{ status: 401, isKeyless: true }, "/gateways/a%20b/providers"],
    [{ status: 401 }, "/gateways/a%20b/providers"],
    [{ status: 429, code: "2003" }, "/gateways/a%20b/limits"],
    [{ status: 429, code: "2041" }, "/gateways/a%20b/limits"],
    [{ status: 400, code: "2008" }, "/models"],
    [{ status: 404 }, "/models"],
    [{ status: 429 }, undefined],
    [{ status: 502, code: "2005" }, undefined],
    [{ status: 0, code: "stream_cut" }, undefined],
  ])("leads to where it can be mended: %o", (some, to) => {
    const advice = adviceOf(problem(some), "openai/gpt", "a b");
    expect(advice?.text).toBeTruthy();
    expect(advice?.to).toBe(to);
  });

  it("of the embedded model is to get it", () =>
    expect(adviceOf(problem({ status: 503, code: "2005" }), "local/x", "g")?.text).toContain("torana local pull"));
});

describe("suggestions", () => {
  const place = (provider: string, model: string, is_reached = false) => ({
    tag: provider,
    host: provider,
    provider,
    model,
    is_reached,
  });
  const model = (some: Partial<Model>): Model => ({
    ...{
      id: "a/b",
      name: "A: B",
      alias_of: null,
      created_at: null,
      context_length: null,
      is_zdr: false,
      input: 1,
      output: 2,
    },
    ...{ input_modalities: ["text"], output_modalities: ["text"], supported_parameters: [], is_reached: false },
    ...{ requests_1d: 0, latency_p50: null, throughput_p50: null, uptime_1d: null, endpoints: [], ...some },
  });
  const all = suggestionsOf([
    model({
      name: "Anthropic: Haiku",
      endpoints: [place("anthropic", "claude-haiku"), place("anthropic", "claude-haiku")],
    }),
    model({
      name: "Anthropic: Opus",
      endpoints: [place("anthropic", "claude-opus"), place("openrouter", "anthropic/claude-opus", true)],
    }),
    model({ output_modalities: ["image"], endpoints: [place("openai", "gpt-image")] }),
    model({ alias_of: "a/b", endpoints: [place("openai", "latest")] }),
    model({ endpoints: [place("local", "smollm2-135m-instruct", true)] }),
  ]);
  const values = (some: readonly { value: string }[]) => some.map((one) => one.value);

  it("are places once each, those first that can be asked now", () =>
    expect(values(all)).toEqual([
      "local/smollm2-135m-instruct",
      "openrouter/anthropic/claude-opus",
      "anthropic/claude-haiku",
      "anthropic/claude-opus",
    ]));

  it("are found by the beginnings of words first", () => {
    expect(values(matching(all, "claude op", 9))).toEqual([
      "openrouter/anthropic/claude-opus",
      "anthropic/claude-opus",
      "anthropic/claude-haiku",
    ]);
    expect(matching(all, "nothing", 9)).toEqual([]);
    expect(matching(all, "", 2)).toHaveLength(2);
    expect(matching(all, "anthropic/claude-opus", 9)).toHaveLength(4);
  });
});
