/** Whom a snippet is for: a provider with its own API, every provider by one API, or the router. */

export type Format = "openai" | "anthropic" | "gemini";

export interface Target {
  /** A provider's slug, `compat` or `router`. */
  id: string;
  label: string;
  /** A model that it has, to begin with. */
  model: string;
  /** The variable that its SDK reads a key from; none where it needs no key. */
  env: string | null;
  /** Below the gateway: where an SDK of that format finds its own API, without translation. */
  paths: Partial<Record<Format, string>>;
}

export const COMPAT = "compat";
export const ROUTER = "router";
export const LOCAL = "local";

const provider = (id: string, label: string, model: string, env: string, openai: string = id): Target => ({
  id,
  label,
  model,
  env,
  paths: { openai },
});

export const TARGETS: Target[] = [
  {
    id: LOCAL,
    label: "The embedded model (no key)",
    model: "smollm2-135m-instruct",
    env: null,
    paths: { openai: "local/v1", anthropic: "local" },
  },
  {
    id: COMPAT,
    label: "Every provider by one API (compat)",
    model: "openai/gpt-5-mini",
    env: "PROVIDER_API_KEY",
    paths: { openai: COMPAT, anthropic: COMPAT, gemini: COMPAT },
  },
  {
    id: ROUTER,
    label: "Every model by one key (the router)",
    model: "openai/gpt-5-mini",
    env: "ROUTER_KEY",
    paths: {},
  },
  provider("openai", "OpenAI", "gpt-5-mini", "OPENAI_API_KEY"),
  {
    id: "anthropic",
    label: "Anthropic",
    model: "claude-haiku-4-5",
    env: "ANTHROPIC_API_KEY",
    paths: { anthropic: "anthropic" },
  },
  {
    id: "google-ai-studio",
    label: "Google AI Studio",
    model: "gemini-2.5-flash",
    env: "GEMINI_API_KEY",
    paths: { gemini: "google-ai-studio" },
  },
  {
    id: "openrouter",
    label: "OpenRouter",
    model: "openai/gpt-5-mini",
    env: "OPENROUTER_API_KEY",
    paths: { openai: "openrouter", anthropic: "openrouter" },
  },
  provider("groq", "Groq", "llama-3.1-8b-instant", "GROQ_API_KEY"),
  provider("mistral", "Mistral", "mistral-small-latest", "MISTRAL_API_KEY", "mistral/v1"),
  provider("deepseek", "DeepSeek", "deepseek-chat", "DEEPSEEK_API_KEY"),
  provider("grok", "xAI", "grok-4", "XAI_API_KEY"),
  provider("cerebras", "Cerebras", "llama-3.3-70b", "CEREBRAS_API_KEY"),
  provider("perplexity-ai", "Perplexity", "sonar", "PERPLEXITY_API_KEY"),
  provider("fireworks", "Fireworks", "accounts/fireworks/models/llama-v3p1-8b-instruct", "FIREWORKS_API_KEY"),
];

export const targetOf = (id: string): Target => TARGETS.find((one) => one.id === id) ?? (TARGETS[0] as Target);
