/** What the audit log's names mean, in words. */

import type { Tone } from "@/ui/badge";

export const RESOURCES: Record<string, string> = {
  "ai_gateway.gateway": "Gateway",
  "ai_gateway.provider_config": "Provider key",
  "ai_gateway.custom_provider": "Custom provider",
  "ai_gateway.custom_cost": "Custom price",
  "ai_gateway.cache": "Cache",
  "ai_gateway.logs": "Logs",
  "ai_gateway.dataset": "Dataset",
  "ai_gateway.evaluation": "Evaluation",
  "ai_gateway.logpush_job": "Logpush job",
  "router.key": "Router key",
  "router.grant": "Credits",
  "router.guardrail": "Guardrail",
  "router.preset": "Preset",
  "router.byok": "Caller's provider key",
  "router.workspace": "Workspace",
  token: "API token",
  user: "User",
  session: "Session",
  login_link: "Sign-in link",
  account: "Account",
  master_key: "Master key",
};

export const resourceWords = (type: string): string => RESOURCES[type] ?? type;

const INTERFACES: Record<string, string> = { UI: "dashboard", CLI: "command line", SYSTEM: "the server" };

export const interfaceWords = (name: string): string => INTERFACES[name] ?? name;

const PAST: Record<string, string> = {
  create: "created",
  update: "updated",
  delete: "deleted",
  login: "signed in",
  logout: "signed out",
};
const TONES: Record<string, Tone> = { create: "good", delete: "bad", update: "info" };

/** What was refused is a sign-in: a change that was refused changed nothing and is not there. */
export function actionWords(type: string, isRefused: boolean): { word: string; tone: Tone } {
  if (isRefused) return { word: "refused", tone: "bad" };
  return { word: PAST[type] ?? type, tone: TONES[type] ?? "plain" };
}
