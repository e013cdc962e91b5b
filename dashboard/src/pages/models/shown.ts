/** Figures of models as people read them. */

import { count, duration, UNKNOWN, usd } from "@/lib/format";

/** 128K, 1M: as windows are spoken of. */
export function context(tokens: number | null | undefined): string {
  if (!tokens) return UNKNOWN;
  if (tokens >= 1_000_000) return `${Number((tokens / 1_000_000).toFixed(tokens % 1_000_000 < 60_000 ? 0 : 1))}M`;
  return tokens >= 1000 ? `${Math.round(tokens / 1000)}K` : String(tokens);
}

/** USD for 1,000,000 tokens; nothing is free of charge that is not said to be. */
export const rate = (value: number | null | undefined): string =>
  value === 0 ? "free" : value === null || value === undefined ? UNKNOWN : usd(value);

export const speed = (tokens: number | null | undefined): string =>
  tokens === null || tokens === undefined
    ? UNKNOWN
    : `${tokens < 10 ? tokens.toFixed(1) : count(Math.round(tokens))} tok/s`;

export const wait = (ms: number | null | undefined): string => duration(ms);

/** From percent. */
export const uptime = (value: number | null | undefined): string =>
  value === null || value === undefined ? UNKNOWN : `${Number(value.toFixed(2))} %`;

/** What is charged for tokens, in the order of a bill. */
export const RATES = [
  ["input", "Input"],
  ["cache_read", "Input, cached"],
  ["cache_write", "Cache write"],
  ["cache_write_1h", "Cache write, 1 hour"],
  ["output", "Output"],
  ["reasoning", "Reasoning"],
  ["audio_in", "Audio in"],
  ["audio_out", "Audio out"],
] as const;

const UNITS: Record<string, string> = {
  request: "request",
  image: "picture made",
  image_token: "token of a picture read",
  image_output: "token of a picture made",
  web_search: "web search",
  input_audio_cache: "token of cached audio",
  character: "character spoken",
  second: "second heard",
};

export const unit = (name: string): string => UNITS[name] ?? name.replaceAll("_", " ");
