/** Who may call, and what is kept of it and told to others. */

import type { Group } from "@/pages/settings/gateway";

export const LOGGING: Group[] = [
  {
    id: "authentication",
    title: "Authentication and keys",
    about: "Who may call this gateway, and with whose key a provider hears of it.",
    fields: [
      {
        name: "authentication",
        label: "Ask callers for a token",
        about:
          "Each request needs an API token with the permission run, in cf-aig-authorization or where the SDK puts its key. Switch it on before this server can be reached from elsewhere.",
        initial: false,
        kind: "switch",
      },
      {
        name: "byok_only",
        label: "Only with a key for the provider",
        about:
          "A request without a key of its own, for a provider without a stored one, is refused in place of being sent as it is.",
        initial: false,
        kind: "switch",
      },
      {
        name: "placeholder_keys",
        label: "Placeholders in place of keys",
        about:
          "SDKs want something in the key's slot: undefined, dummy, sk-xxx … What becomes of it where a stored key could be used.",
        initial: "replace",
        kind: "choice",
        options: [
          ["replace", "Use the stored key in its place"],
          ["forward", "Send it on, as Cloudflare does"],
          ["refuse", "Refuse the request"],
        ],
      },
      {
        name: "store_id",
        label: "Secrets store",
        about:
          "Kept for Cloudflare's clients that send it. Here the keys of all gateways are in Torana's own store, so any name is right.",
        initial: null,
        kind: "text",
        most: 1024,
        none: "none",
      },
    ],
  },
  {
    id: "logs",
    title: "Logs and retention",
    about: "What is kept of each request. How long, for all gateways, says the server's log_retention_days.",
    fields: [
      {
        name: "collect_logs",
        label: "Log requests",
        about:
          "Off: neither logs nor figures are kept, but for requests that say cf-aig-collect-log. cf-aig-collect-log-payload: false leaves out the bodies alone.",
        initial: true,
        kind: "switch",
      },
      {
        name: "log_management",
        label: "Most logs kept",
        about: "Of this gateway: 10,000 to 10,000,000.",
        initial: null,
        kind: "whole",
        least: 10_000,
        most: 10_000_000,
        unit: "logs",
        none: "no limit",
      },
      {
        name: "log_management_strategy",
        label: "At that limit",
        about: "Whether new logs are no longer kept, or the oldest go before them.",
        initial: null,
        kind: "choice",
        options: [
          ["STOP_INSERTING", "Keep no new ones"],
          ["DELETE_OLDEST", "Delete the oldest"],
        ],
        none: "keep no new ones",
      },
    ],
  },
  {
    id: "logpush",
    title: "Logpush",
    about: "Logs go on to a folder, a bucket or an address, as gzip of JSON lines, by the jobs of the account.",
    fields: [
      {
        name: "logpush",
        label: "Push this gateway's logs",
        about: "For jobs that take the logs of all gateways, or name this one.",
        initial: false,
        kind: "switch",
      },
      {
        name: "logpush_public_key",
        label: "Public key",
        about:
          "RSA with 2,048 bits or more, in PEM. With it bodies and metadata are pushed encrypted (AES-256-GCM, its key wrapped with RSA-OAEP); without it they are plain text.",
        initial: null,
        kind: "text",
        least: 16,
        most: 1024,
        isLong: true,
        none: "not encrypted",
      },
    ],
  },
  {
    id: "otel",
    title: "OpenTelemetry",
    about: "Spans of each request go to collectors over OTLP/HTTP; one that is away delays nothing but its spans.",
    fields: [
      {
        name: "otel",
        label: "Collectors",
        about:
          "Up to 10. Their addresses must be public ones with TLS, unless the operator's allow_private_upstreams names the network.",
        initial: null,
        kind: "own",
        isWide: true,
      },
    ],
  },
];
