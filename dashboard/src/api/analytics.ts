/** What was served, summed: by time, model, provider, status, metadata. */

import { useQuery } from "@tanstack/react-query";
import { client, type Schemas } from "@/api/client";
import { useSession } from "@/api/session";

export type Metric = Schemas["AnalyticsQuestion"]["metrics"][number];
export type Dimension = Schemas["AnalyticsQuestion"]["dimensions"][number];
export type Filter = Schemas["AnalyticsFilter"];
export type Row = Schemas["AnalyticsRow"];
export type Answer = Schemas["Analytics"];
export type Question = Partial<Schemas["AnalyticsQuestion"]>;

/** A span that moves with the clock is another one each minute; those of before are not kept for long. */
const KEPT_MS = 60_000;

interface AskOptions {
  /** Of one gateway alone; without it of all. */
  gateway?: string;
  /** Asks anew so often; `false` = only once. */
  everyMs?: number | false;
  /** False while there is no reason to ask yet. */
  isAsked?: boolean;
}

export function useAnalytics(question: Question, { gateway, everyMs = false, isAsked = true }: AskOptions = {}) {
  const { account_id } = useSession();
  return useQuery({
    queryKey: ["analytics", account_id, gateway ?? null, question],
    queryFn: ({ signal }) => ask(account_id, gateway, question, signal),
    refetchInterval: everyMs,
    enabled: isAsked,
    gcTime: KEPT_MS,
  });
}

async function ask(
  account_id: string,
  gateway_id: string | undefined,
  question: Question,
  signal: AbortSignal,
): Promise<Answer> {
  // What is left out is at its default.
  const body = question as Schemas["AnalyticsQuestion"];
  const { data } = await (gateway_id === undefined
    ? client.POST("/client/v4/accounts/{account_id}/ai-gateway/analytics", {
        params: { path: { account_id } },
        body,
        signal,
      })
    : client.POST("/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/analytics", {
        params: { path: { account_id, gateway_id } },
        body,
        signal,
      }));
  if (!data) throw new Error("the server answered without figures");
  return data.result;
}
