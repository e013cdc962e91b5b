/** What of answers is kept and given again. */

import type { Group } from "@/pages/settings/gateway";

export const MOST_SECONDS = Number.MAX_SAFE_INTEGER;

export const CACHING: Group[] = [
  {
    id: "caching",
    title: "Caching",
    about:
      "Answers to the same request, asked with the same key, come from memory: at once, and at no cost. A request chooses for itself with cf-aig-cache-ttl and cf-aig-skip-cache.",
    fields: [
      {
        name: "cache_ttl",
        label: "Keep answers for",
        about: "How long an answer may be given again. 0 caches nothing but what a request asks for; 31 days at most.",
        initial: 0,
        kind: "seconds",
        least: 0,
        most: MOST_SECONDS,
        none: "no caching",
      },
      {
        name: "cache_invalidate_on_update",
        label: "Forget answers when settings change",
        about: "Each change of this gateway's settings makes everything unfindable that was cached before it.",
        initial: false,
        kind: "switch",
      },
      {
        name: "cache_streams",
        label: "Cache streamed answers",
        about:
          "Streams are kept too, and replayed event by event. Without it only whole answers are, unless a request says torana-cache-streams.",
        initial: false,
        kind: "switch",
      },
      {
        name: "cache_single_flight",
        label: "Ask only once at a time",
        about:
          "The same request at the same moment waits for the first one's answer, 60 seconds at most. Without it each asks the provider.",
        initial: false,
        kind: "switch",
      },
    ],
  },
  {
    id: "semantic-cache",
    title: "Semantic cache",
    about:
      "Answers a question that was asked before in other words, with what the cache holds. It needs a time to keep answers for; see what it would do with the mode “shadow” first.",
    fields: [
      {
        name: "semantic_cache",
        label: "Semantic cache",
        about:
          "Plain questions of up to 500 characters, from the same caller to the same model with the same system prompt. Numbers, names, negations and the kind of question must be equal; then the similarity of the two decides.",
        initial: null,
        kind: "own",
        isWide: true,
      },
    ],
  },
];
