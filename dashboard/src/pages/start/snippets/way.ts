/** How one SDK reaches one model: its address, the model's name there, and which keys go with it. */

import { COMPAT, type Format, LOCAL, ROUTER, type Target } from "@/pages/start/snippets/targets";

export interface Ask {
  /** Of the server. */
  url: string;
  account: string;
  gateway: string;
  target: Target;
  model: string;
  /** Whose key the provider hears of: the request's own, or one that the gateway keeps. */
  keys: "own" | "stored";
  /** The gateway asks callers for a token. */
  isLocked: boolean;
}

export interface Way {
  base: string;
  model: string;
  /** The variable whose value goes where the SDK has its key; none where anything will do. */
  env: string | null;
  /** A token goes into a header of its own, besides the key. */
  hasToken: boolean;
  /** Few enough tokens for a small model on this machine; none where the provider decides. */
  most: number | null;
}

export const TOKEN = "TORANA_TOKEN";
export const TOKEN_HEADER = "cf-aig-authorization";
export const QUESTION = "What is a torana?";
/** For SDKs that want a key where none is needed. */
export const NO_KEY = "none";
const FEW_TOKENS = 60;

export function wayOf(ask: Ask, format: Format): Way {
  const { target, url, isLocked } = ask;
  if (target.id === ROUTER) {
    const base = format === "anthropic" ? `${url}/api` : `${url}/api/v1`;
    return { base, model: ask.model, env: target.env, hasToken: false, most: null };
  }
  const path = target.paths[format];
  return {
    base: `${url}/v1/${ask.account}/${ask.gateway}/${path ?? COMPAT}`,
    model: path ? ask.model : `${target.id}/${ask.model}`,
    env: envOf(ask),
    hasToken: isLocked && envOf(ask) !== TOKEN,
    most: target.id === LOCAL ? FEW_TOKENS : null,
  };
}

/** By `compat`, whatever the provider speaks. */
export function compatOf(ask: Ask): Way {
  const way = wayOf({ ...ask, target: { ...ask.target, paths: {} } }, "openai");
  return ask.target.id === COMPAT ? { ...way, model: ask.model } : way;
}

function envOf({ target, keys, isLocked }: Ask): string | null {
  if (target.env === null) return isLocked ? TOKEN : null;
  return keys === "stored" ? TOKEN : target.env;
}

/** What has to be set before a snippet runs. */
export const varsOf = (way: Way): string[] => [...(way.env ? [way.env] : []), ...(way.hasToken ? [TOKEN] : [])];
