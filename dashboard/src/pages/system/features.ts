/** What a server is set up for, in words. */

import { plural } from "@/lib/format";
import type { Fact } from "@/pages/system/api";

/** What `null` means, where it is not that something is off. */
const WHERE_NULL: Record<string, string> = {
  log_retention_days: "for good",
  analytics_days: "for good",
};

const LABELS: Record<string, string> = {
  https: "HTTPS by itself",
  openid_connect: "OpenID Connect",
  parquet_exports: "Exports as Parquet",
  log_retention_days: "Logs are kept",
  analytics_days: "Figures are kept",
  router_strategy: "The router chooses by",
};

export function labelOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return LABELS[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** True and false are left to a badge. */
export function factWords(name: string, fact: Fact): string | boolean {
  if (typeof fact === "boolean") return fact;
  if (fact === null || fact === "") return WHERE_NULL[name] ?? false;
  return name.endsWith("_days") && typeof fact === "number" ? plural(fact, "day") : String(fact);
}
