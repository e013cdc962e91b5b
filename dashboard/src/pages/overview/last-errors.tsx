/** The newest failures of all gateways that had any; each leads to its log. */

import { useQueries } from "@tanstack/react-query";
import { Link } from "react-router";
import { client, type Schemas } from "@/api/client";
import { useSession } from "@/api/session";
import { ago, moment } from "@/lib/format";
import { hrefWith, logParams } from "@/lib/log-link";
import type { Span } from "@/lib/time-range";
import type { Overview } from "@/pages/overview/figures";
import { useGateways } from "@/shell/gateway";
import { Badge } from "@/ui/badge";
import { Card } from "@/ui/card";
import { Empty } from "@/ui/empty";
import { Placeholder } from "@/ui/loading";
import { Problem } from "@/ui/problem";

type Log = Schemas["LogRow"] & { gateway: string };

const MOST_GATEWAYS = 5;
const SHOWN = 8;
const KEPT_MS = 60_000;
const FIRST_SERVER_ERROR = 500;

export function LastErrors({ span, overview, everyMs }: { span: Span; overview: Overview; everyMs: number | false }) {
  const gateways = useGateways();
  const isThere = thereOf(gateways.data);
  const failing = (gateways.isPending ? [] : (overview.gateways.data?.rows ?? []))
    .filter((row) => (row.metrics.errors ?? 0) > 0 && isThere(String(row.dimensions.gateway)))
    .sort((one, other) => (other.metrics.errors ?? 0) - (one.metrics.errors ?? 0))
    .slice(0, MOST_GATEWAYS)
    .map((row) => String(row.dimensions.gateway));
  const found = useErrors(failing, span, everyMs);
  const isPending = overview.gateways.isPending || gateways.isPending || found.isPending;
  return (
    <Card title="Last errors">
      {found.error ? (
        <Problem error={found.error} />
      ) : isPending ? (
        <div className="flex flex-col gap-3">
          <Placeholder className="h-4 w-full" />
          <Placeholder className="h-4 w-full" />
          <Placeholder className="h-4 w-full" />
        </div>
      ) : found.logs.length > 0 ? (
        <ol className="m-0 flex list-none flex-col p-0">
          {found.logs.map((log) => (
            <ErrorLine key={log.id} log={log} span={span} />
          ))}
        </ol>
      ) : (
        <Empty title="No errors" about="What fails in this span of time shows up here, with a way to its log." />
      )}
    </Card>
  );
}

/** A gateway that was deleted still has figures, but no logs to ask for. Of very many not all are known. */
function thereOf(list: ReturnType<typeof useGateways>["data"]): (gateway: string) => boolean {
  const known = list?.result.map((one) => one.id) ?? [];
  const isAll = list !== undefined && known.length >= list.result_info.total_count;
  return (gateway) => !isAll || known.includes(gateway);
}

/** Only gateways that failed in this span are asked, so that none is searched to its end. */
function useErrors(gateways: string[], span: Span, everyMs: number | false) {
  const { account_id } = useSession();
  return useQueries({
    queries: gateways.map((gateway_id) => ({
      queryKey: ["last-errors", account_id, gateway_id, span.since],
      queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Log[]> => {
        const { data } = await client.GET("/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs", {
          params: {
            path: { account_id, gateway_id },
            query: {
              filters: JSON.stringify([
                { key: "success", operator: "eq", value: [false] },
                { key: "created_at", operator: "gt", value: [span.since] },
              ]),
              per_page: SHOWN,
            },
          },
          signal,
        });
        return (data?.result ?? []).map((log) => ({ ...log, gateway: gateway_id }));
      },
      refetchInterval: everyMs,
      gcTime: KEPT_MS,
    })),
    combine: (results) => ({
      isPending: results.some((one) => one.isPending),
      error: results.find((one) => one.error)?.error ?? null,
      logs: results
        .flatMap((one) => one.data ?? [])
        .sort((one, other) => other.created_at.localeCompare(one.created_at))
        .slice(0, SHOWN),
    }),
  });
}

function ErrorLine({ log, span }: { log: Log; span: Span }) {
  const params = logParams({ span, filters: [{ key: "success", operator: "eq", value: [false] }] });
  params.set("log", log.id);
  return (
    <li className="border-b border-kumo-hairline last:border-0">
      <Link
        to={hrefWith(`/gateways/${encodeURIComponent(log.gateway)}/logs`, params)}
        className="flex items-center gap-3 py-1.5 text-sm text-kumo-default no-underline hover:bg-kumo-tint"
      >
        <Badge tone={log.status_code >= FIRST_SERVER_ERROR ? "bad" : "warn"}>{String(log.status_code)}</Badge>
        <span className="min-w-0 flex-1 truncate">
          {log.model || log.path} <span className="text-kumo-subtle">· {log.provider}</span>
        </span>
        <span className="hidden shrink-0 text-xs text-kumo-subtle sm:inline">{log.gateway}</span>
        <time
          dateTime={log.created_at}
          title={moment(log.created_at)}
          className="tabular w-20 shrink-0 text-right text-xs text-kumo-subtle"
        >
          {ago(log.created_at)}
        </time>
      </Link>
    </li>
  );
}
