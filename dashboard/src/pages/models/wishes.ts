/** Which models are shown, and in which order: as the URL says it. */

import type { Model } from "@/pages/models/data";

export type Sort = "newest" | "popular" | "cheapest" | "dearest" | "context" | "quickest" | "fastest" | "name";

export const SORTS: [Sort, string][] = [
  ["newest", "Newest first"],
  ["popular", "Most asked here"],
  ["cheapest", "Cheapest first"],
  ["dearest", "Dearest first"],
  ["context", "Longest context"],
  ["quickest", "Quickest first token"],
  ["fastest", "Most tokens a second"],
  ["name", "By name"],
];

export interface Wishes {
  q: string;
  /** Only what the gateway's keys reach. */
  isReached: boolean;
  author: string;
  input: string;
  output: string;
  provider: string;
  /** In OpenRouter's words. */
  takes: string[];
  isZdr: boolean;
  /** Tokens at least. */
  context: number;
  /** USD for 1,000,000 tokens of the prompt at most; null = any. */
  price: number | null;
  sort: Sort;
}

/** What a model can be asked to take, and how people call it. */
export const ABILITIES: [string, string][] = [
  ["tools", "Tools"],
  ["structured_outputs", "Structured outputs"],
  ["reasoning", "Reasoning"],
  ["logprobs", "Logprobs"],
  ["seed", "Seed"],
];

/** Names of the URL's parameters, all of which "reset" takes out. */
export const FILTERS = ["q", "author", "in", "out", "provider", "takes", "zdr", "context", "price"] as const;

export function readWishes(query: URLSearchParams): Wishes {
  const price = query.get("price");
  const sort = query.get("sort") as Sort;
  return {
    q: query.get("q") ?? "",
    isReached: query.get("reach") !== "all",
    author: query.get("author") ?? "",
    input: query.get("in") ?? "",
    output: query.get("out") ?? "",
    provider: query.get("provider") ?? "",
    takes: (query.get("takes") ?? "").split(",").filter(Boolean),
    isZdr: query.get("zdr") === "yes",
    context: Number(query.get("context")) || 0,
    price: price === null || Number.isNaN(Number(price)) ? null : Number(price),
    sort: SORTS.some(([name]) => name === sort) ? sort : "newest",
  };
}

export const countFilters = (query: URLSearchParams): number => FILTERS.filter((name) => query.get(name)).length;

export const authorOf = (model: Pick<Model, "id">): string => (model.id.split("/")[0] ?? "").replace(/^~/, "");

export function shownOf(models: readonly Model[], wishes: Wishes): Model[] {
  const words = wishes.q.toLowerCase().split(/\s+/).filter(Boolean);
  const found = models.filter((model) => {
    const where = `${model.id} ${model.name}`.toLowerCase();
    return (
      (!wishes.isReached || model.is_reached) &&
      words.every((word) => where.includes(word)) &&
      (!wishes.author || authorOf(model) === wishes.author) &&
      (!wishes.input || model.input_modalities.includes(wishes.input)) &&
      (!wishes.output || model.output_modalities.includes(wishes.output)) &&
      (!wishes.provider || model.endpoints.some((place) => place.provider === wishes.provider)) &&
      wishes.takes.every((one) => model.supported_parameters.includes(one)) &&
      (!wishes.isZdr || model.is_zdr) &&
      (model.context_length ?? 0) >= wishes.context &&
      (wishes.price === null || model.input <= wishes.price)
    );
  });
  return found.sort(orders[wishes.sort]);
}

type Order = (one: Model, other: Model) => number;

/** What is not known stands last; equals stand by name. */
const by =
  (figure: (model: Model) => number | null, sign: 1 | -1): Order =>
  (one, other) => {
    const [a, b] = [figure(one), figure(other)];
    if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0) || byName(one, other);
    return sign * (a - b) || byName(one, other);
  };

const byName: Order = (one, other) => one.name.localeCompare(other.name);
const price = (model: Model) => model.input + model.output;

const orders: Record<Sort, Order> = {
  newest: by((model) => (model.created_at ? Date.parse(model.created_at) : null), -1),
  popular: by((model) => model.requests_1d, -1),
  cheapest: by(price, 1),
  dearest: by(price, -1),
  context: by((model) => model.context_length, -1),
  quickest: by((model) => model.latency_p50, 1),
  fastest: by((model) => model.throughput_p50, -1),
  name: byName,
};

/** Names with how often they are there, the most frequent first. */
export function tally(names: Iterable<string>): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([one, a], [other, b]) => b - a || one.localeCompare(other));
}
