/** Snippets to paste, by client. */

import * as javascript from "@/pages/start/snippets/javascript";
import * as python from "@/pages/start/snippets/python";
import * as shell from "@/pages/start/snippets/shell";
import { ROUTER } from "@/pages/start/snippets/targets";
import { type Ask, varsOf, type Way } from "@/pages/start/snippets/way";

export interface Snippet {
  id: string;
  label: string;
  /** What has to be installed for it. */
  install: string | null;
  /** The file that it belongs into, where that matters. */
  file: string | null;
  text: string;
  /** Variables that have to be set. */
  vars: string[];
  notes: string[];
}

interface Client {
  id: string;
  label: string;
  install?: string | ((isRouter: boolean) => string);
  file?: string;
  made: (ask: Ask) => { way: Way; text: string };
  /** Only, or never, for the router; both where it does not say. */
  isRouters?: boolean;
  notes?: string[];
}

const CLIENTS: Client[] = [
  { id: "curl", label: "curl", made: shell.curl },
  { id: "openai-python", label: "OpenAI · Python", install: "pip install openai", made: python.openai },
  {
    id: "openai-js",
    label: "OpenAI · JavaScript",
    install: "npm install openai",
    file: "ask.mjs",
    made: javascript.openai,
  },
  { id: "anthropic-python", label: "Anthropic · Python", install: "pip install anthropic", made: python.anthropic },
  {
    id: "anthropic-js",
    label: "Anthropic · JavaScript",
    install: "npm install @anthropic-ai/sdk",
    file: "ask.mjs",
    made: javascript.anthropic,
  },
  {
    id: "google-genai",
    label: "google-genai",
    install: "pip install google-genai",
    made: python.googleGenai,
    isRouters: false,
  },
  {
    id: "ai-sdk",
    label: "AI SDK",
    install: (isRouter) => `npm install ai ${isRouter ? "@openrouter/ai-sdk-provider" : "@ai-sdk/openai-compatible"}`,
    file: "ask.mjs",
    made: javascript.aiSdk,
  },
  {
    id: "langchain",
    label: "LangChain",
    install: (isRouter) => `pip install ${isRouter ? "langchain-openrouter" : "langchain-openai"}`,
    made: python.langchain,
  },
  { id: "litellm", label: "LiteLLM", install: "pip install litellm", made: python.litellm },
  {
    id: "claude-code",
    label: "Claude Code",
    made: shell.claudeCode,
    isRouters: false,
    notes: [
      "Models of other providers are translated, tools included; anthropic/… goes to Anthropic in its own format, and beta features work.",
      "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 keeps it from calling other hosts.",
    ],
  },
  {
    id: "codex",
    label: "Codex",
    file: "~/.codex/config.toml",
    made: shell.codex,
    isRouters: false,
    notes: [
      "Then run codex. It says that it has no metadata for such a model: set model_context_window in its configuration.",
    ],
  },
  {
    id: "openrouter-python",
    label: "OpenRouter · Python",
    install: "pip install openrouter",
    made: python.openrouter,
    isRouters: true,
  },
  {
    id: "openrouter-js",
    label: "OpenRouter · JavaScript",
    install: "npm install @openrouter/sdk",
    file: "ask.mjs",
    made: javascript.openrouter,
    isRouters: true,
  },
];

export function snippetsOf(ask: Ask): Snippet[] {
  const isRouter = ask.target.id === ROUTER;
  return CLIENTS.filter((client) => client.isRouters === undefined || client.isRouters === isRouter).map((client) => {
    const { way, text } = client.made(ask);
    const install = typeof client.install === "function" ? client.install(isRouter) : client.install;
    return {
      id: client.id,
      label: client.label,
      install: install ?? null,
      file: client.file ?? null,
      text,
      vars: varsOf(way),
      notes: client.notes ?? [],
    };
  });
}
