/** Values that logs of the last month have, the most frequent first. */

import { api } from "@/api/client";
import type { Place } from "@/pages/logs/api";
import type { FilterKey } from "@/pages/logs/filters/keys";

const MOST = 200;
const DAYS = 30;
const HOUR_MS = 3_600_000;
const KEPT_MS = 300_000;

export function useSuggestions({ account, gateway }: Place, { suggests, options }: FilterKey): string[] {
  // The same for an hour, so that the answer is kept.
  const since = new Date((Math.floor(Date.now() / HOUR_MS) - DAYS * 24) * HOUR_MS).toISOString();
  const found = api.useQuery(
    "get",
    "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/analytics",
    {
      params: {
        path: { account_id: account, gateway_id: gateway },
        query: { since, metrics: "requests", dimensions: suggests ?? "provider", order_by: "requests", limit: MOST },
      },
    },
    { enabled: suggests !== undefined, staleTime: KEPT_MS },
  );
  if (options) return options.map(([value]) => value);
  if (!suggests) return [];
  const rows = found.data?.result.rows ?? [];
  return rows.map((row) => String(row.dimensions?.[suggests] ?? "")).filter(Boolean);
}
