import { describe, expect, it } from "vitest";
import { compatName, foremostPlace, type Model } from "@/pages/models/data";
import { authorOf, countFilters, readWishes, SORTS, shownOf, tally } from "@/pages/models/wishes";

const place = (provider: string, is_reached = false) => ({
  tag: provider,
  host: provider,
  provider,
  model: "m",
  is_reached,
});

const model = (id: string, some: Partial<Model> = {}): Model => ({
  ...{ id, name: id, alias_of: null, created_at: null, context_length: null, is_zdr: false, input: 0, output: 0 },
  ...{ input_modalities: ["text"], output_modalities: ["text"], supported_parameters: [], is_reached: true },
  ...{ requests_1d: 0, latency_p50: null, throughput_p50: null, uptime_1d: null, endpoints: [], ...some },
});

const MODELS = [
  model("openai/gpt", {
    ...{ created_at: "2026-01-01T00:00:00Z", input: 2, output: 8, context_length: 400_000, requests_1d: 5 },
    ...{
      input_modalities: ["text", "image"],
      supported_parameters: ["tools", "reasoning"],
      latency_p50: 300,
      throughput_p50: 100,
    },
    endpoints: [place("openai", true), place("azure-openai")],
  }),
  model("~openai/gpt-latest", { alias_of: "openai/gpt", input: 2, output: 8, is_reached: false }),
  model("meta/llama", {
    ...{ created_at: "2025-01-01T00:00:00Z", input: 0.1, output: 0.2, context_length: 128_000, latency_p50: 90 },
    ...{ supported_parameters: ["tools"], throughput_p50: 400, is_zdr: true, requests_1d: 9 },
  }),
  model("cohere/rerank", { output_modalities: ["rerank"], is_reached: false }),
];

const shown = (query: string) => shownOf(MODELS, readWishes(new URLSearchParams(query))).map((one) => one.id);

describe("models are shown", () => {
  it.each([
    ["", ["openai/gpt", "meta/llama"]],
    ["reach=all&sort=name", ["~openai/gpt-latest", "cohere/rerank", "meta/llama", "openai/gpt"]],
    ["q=GPT", ["openai/gpt"]],
    ["q=gpt+latest&reach=all", ["~openai/gpt-latest"]],
    ["author=openai&reach=all", ["openai/gpt", "~openai/gpt-latest"]],
    ["in=image", ["openai/gpt"]],
    ["out=rerank&reach=all", ["cohere/rerank"]],
    ["provider=azure-openai", ["openai/gpt"]],
    ["takes=tools,reasoning", ["openai/gpt"]],
    ["zdr=yes", ["meta/llama"]],
    ["context=200000", ["openai/gpt"]],
    ["price=0.5", ["meta/llama"]],
    ["price=0&reach=all", ["cohere/rerank"]],
    ["price=cheap&context=long&sort=best", ["openai/gpt", "meta/llama"]],
  ])("that %s asks for", (query, expected) => expect(shown(query)).toEqual(expected));

  it.each([
    ["newest", ["openai/gpt", "meta/llama"]],
    ["popular", ["meta/llama", "openai/gpt"]],
    ["cheapest", ["meta/llama", "openai/gpt"]],
    ["dearest", ["openai/gpt", "meta/llama"]],
    ["context", ["openai/gpt", "meta/llama"]],
    ["quickest", ["meta/llama", "openai/gpt"]],
    ["fastest", ["meta/llama", "openai/gpt"]],
    ["name", ["meta/llama", "openai/gpt"]],
  ])("in the order %s", (sort, expected) => expect(shown(`sort=${sort}`)).toEqual(expected));

  it("with what is not known last, whichever the order", () => {
    for (const [sort] of SORTS) {
      if (["newest", "context", "quickest", "fastest"].includes(sort)) {
        expect(shown(`reach=all&sort=${sort}`).slice(2).sort()).toEqual(["cohere/rerank", "~openai/gpt-latest"]);
      }
    }
  });
});

it("filters are counted, and the order is none", () =>
  expect(countFilters(new URLSearchParams("q=a&sort=name&reach=all&takes=tools&in="))).toBe(2));

it("an alias has the author that it is of", () => expect(authorOf({ id: "~openai/gpt-latest" })).toBe("openai"));

it("names are tallied", () =>
  expect(tally(["b", "a", "c", "b", "a"])).toEqual([
    ["a", 2],
    ["b", 2],
    ["c", 1],
  ]));

it("the place to try is one that is reached, and no reseller where there is another", () => {
  const name = (...places: ReturnType<typeof place>[]) => {
    const found = foremostPlace(places);
    return found && compatName(found);
  };
  expect(name(place("openai"), place("groq", true))).toBe("groq/m");
  expect(name(place("openrouter", true), place("groq", true))).toBe("groq/m");
  expect(name(place("openrouter", true), place("groq"))).toBe("openrouter/m");
  expect(name(place("openrouter"), place("groq"))).toBe("groq/m");
  expect(name()).toBeUndefined();
});
