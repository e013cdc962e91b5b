/** Which settings have an editor of their own. */

import type { ComponentType } from "react";
import type { Setting } from "@/pages/settings/gateway";
import { Collectors } from "@/pages/settings/own/collectors";
import { RateRules } from "@/pages/settings/own/rate-rules";
import { SemanticCache } from "@/pages/settings/own/semantic-cache";
import { SpendRules } from "@/pages/settings/own/spend-rules";
import * as unenforced from "@/pages/settings/own/unenforced";

export const OWN: Partial<Record<Setting, ComponentType>> = {
  rate_limits: RateRules,
  spend_limits: SpendRules,
  semantic_cache: SemanticCache,
  otel: Collectors,
  guardrails: unenforced.Guardrails,
  dlp: unenforced.Dlp,
  zdr: unenforced.Zdr,
  workers_ai_billing_mode: unenforced.Billing,
  stripe: unenforced.Stripe,
  log_classification: unenforced.Classification,
};
