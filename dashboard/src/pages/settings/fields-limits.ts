/** How often and for how much may be called, and what happens where a provider fails. */

import { MOST_SECONDS } from "@/pages/settings/fields-caching";
import type { Group } from "@/pages/settings/gateway";

export const TECHNIQUES: [string, string][] = [
  ["fixed", "Fixed windows"],
  ["sliding", "Sliding window"],
];

export const LIMITS: Group[] = [
  {
    id: "rate-limits",
    title: "Rate limits",
    about:
      "Requests over a limit are refused with 429 and a Retry-After that says when to come again. Answers from the cache and retries do not count.",
    fields: [
      {
        name: "rate_limiting_limit",
        label: "Requests of the whole gateway",
        about: "How many in each interval. 0 = no limit; both this and the interval must be set for one.",
        initial: 0,
        kind: "whole",
        least: 0,
        most: MOST_SECONDS,
        unit: "requests",
        none: "no limit",
      },
      {
        name: "rate_limiting_interval",
        label: "Interval",
        about: "The stretch of time that these requests are counted in.",
        initial: 0,
        kind: "seconds",
        least: 0,
        most: MOST_SECONDS,
        none: "no limit",
      },
      {
        name: "rate_limiting_technique",
        label: "How it counts",
        about:
          "Fixed windows begin at multiples of their length since 1970 (UTC) and start at nothing; a sliding window ends now, so no stretch of its length ever holds more.",
        initial: "fixed",
        kind: "choice",
        options: TECHNIQUES,
        none: "fixed windows",
      },
      {
        name: "rate_limits",
        label: "More rate limits",
        about:
          "Up to 20, each for the whole gateway or for each API token, provider, model or value of a metadata key by itself. Keys of providers have limits of their own, on Providers and keys.",
        initial: [],
        kind: "own",
        isWide: true,
      },
    ],
  },
  {
    id: "spend-limits",
    title: "Spend limits",
    about:
      "What a call may cost is held before it is made and corrected once its cost is known, so that a burst cannot overshoot. A call over a limit, or one that nobody has a price for, is refused.",
    fields: [
      {
        name: "spend_limits",
        label: "Spend limits",
        about:
          "Up to 20, in USD. Each counts all requests, or those of some models, providers or metadata values, together or each value by itself.",
        initial: null,
        kind: "own",
        isWide: true,
      },
    ],
  },
  {
    id: "retries",
    title: "Retries and timeouts",
    about:
      "Asked again is what may pass: no answer, 408, 409, 425, 429 and every 5xx. A request chooses for itself with cf-aig-max-attempts and the like; how long an attempt may take, it says with cf-aig-request-timeout.",
    fields: [
      {
        name: "retry_max_attempts",
        label: "Attempts",
        about: "How often a provider is asked in all. 1 = no retries.",
        initial: null,
        kind: "whole",
        least: 1,
        most: 5,
        unit: "attempts",
        none: "one attempt",
      },
      {
        name: "retry_delay",
        label: "Delay before the next attempt",
        about: "Up to a quarter longer by chance, and at least what the provider's Retry-After says.",
        initial: null,
        kind: "whole",
        least: 0,
        most: 60_000,
        unit: "ms",
        none: "500 ms",
      },
      {
        name: "retry_backoff",
        label: "Growth of the delay",
        about: "Whether the delay stays, grows by itself, or doubles with each attempt. Never more than 60 s.",
        initial: null,
        kind: "choice",
        options: [
          ["constant", "Constant"],
          ["linear", "Linear"],
          ["exponential", "Exponential"],
        ],
        none: "exponential",
      },
    ],
  },
];
