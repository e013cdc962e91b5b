/** A line for each gateway: a table on wide screens, cards on a phone. */

import { useMemo } from "react";
import { Link, useNavigate } from "react-router";
import type { Row } from "@/api/analytics";
import { count, duration, percent, usd } from "@/lib/format";
import { hrefWith, logParams, logsHref } from "@/lib/log-link";
import { groupBy, type Values, valuesOf } from "@/lib/series";
import { type Span, stepsOf } from "@/lib/time-range";
import type { Overview } from "@/pages/overview/figures";
import { coarseOf } from "@/pages/overview/questions";
import { useGateways } from "@/shell/gateway";
import { Card } from "@/ui/card";
import { Problem } from "@/ui/problem";
import { Sparkline } from "@/ui/sparkline";
import { type Column, Table } from "@/ui/table";

interface GatewayLine {
  id: string;
  isDefault: boolean;
  figures: Record<string, number | null>;
  trend: Values;
}

const NOTHING = { requests: 0, tokens: 0, cost: 0, errors: 0, error_rate: null, cache_rate: null, duration_p95: null };

export function Gateways({ span, overview }: { span: Span; overview: Overview }) {
  const gateways = useGateways();
  const lines = useLines(span, overview, gateways.data?.result);
  const total = gateways.data?.result_info.total_count ?? 0;
  const problem = gateways.error ?? overview.gateways.error;
  if (problem)
    return <Problem error={problem} onRetry={() => Promise.all([gateways.refetch(), overview.gateways.refetch()])} />;
  return (
    <>
      <Card
        title="Gateways"
        about={lines && total > lines.length ? `The first ${lines.length} of ${count(total)}, by requests` : undefined}
        isFlush
        className="hidden md:block"
      >
        <GatewayTable lines={lines} span={span} />
      </Card>
      <section aria-label="Gateways" className="grid gap-3 md:hidden">
        <h2 className="m-0 text-sm font-semibold">Gateways</h2>
        {lines?.map((line) => (
          <GatewayCard key={line.id} line={line} span={span} />
        ))}
      </section>
    </>
  );
}

function useLines(
  span: Span,
  { gateways: figures, gatewaysByTime }: Overview,
  known: { id: string; is_default: boolean }[] | undefined,
): GatewayLine[] | undefined {
  const times = useMemo(() => stepsOf({ ...span, granularity: coarseOf(span) }), [span]);
  return useMemo(() => {
    if (!known || !figures.data) return undefined;
    const found = new Map(figures.data.rows.map((row) => [String(row.dimensions.gateway), row]));
    const trends = groupBy<Row>(gatewaysByTime.data?.rows ?? [], "gateway");
    return known
      .map(({ id, is_default }) => ({
        id,
        isDefault: is_default,
        figures: found.get(id)?.metrics ?? NOTHING,
        trend: valuesOf(trends.get(id), times, "requests", 0),
      }))
      .sort(
        (one, other) => (other.figures.requests ?? 0) - (one.figures.requests ?? 0) || one.id.localeCompare(other.id),
      );
  }, [known, figures.data, gatewaysByTime.data, times]);
}

const analyticsHref = (id: string, span: Span) =>
  hrefWith(`/gateways/${encodeURIComponent(id)}/analytics`, logParams({ span }));

const COLUMNS: { key: string; label: string; format: (value: number | null) => string }[] = [
  { key: "requests", label: "Requests", format: count },
  { key: "tokens", label: "Tokens", format: count },
  { key: "cost", label: "Cost", format: usd },
  { key: "error_rate", label: "Error rate", format: percent },
  { key: "cache_rate", label: "From cache", format: percent },
  { key: "duration_p95", label: "Latency p95", format: duration },
];

function GatewayTable({ lines, span }: { lines: GatewayLine[] | undefined; span: Span }) {
  const navigate = useNavigate();
  const columns: Column<GatewayLine>[] = [
    { key: "id", label: "Gateway", by: (line) => line.id, cell: (line) => <Name line={line} span={span} /> },
    {
      key: "trend",
      label: "Requests by time",
      cell: (line) => <Sparkline values={line.trend} className="h-6 w-36" />,
    },
    ...COLUMNS.map(({ key, label, format }) => ({
      key,
      label,
      isNumber: true,
      by: (line: GatewayLine) => line.figures[key] ?? null,
      cell: (line: GatewayLine) => format(line.figures[key] ?? null),
    })),
    { key: "logs", label: "Logs", cell: (line) => <LogsLink line={line} span={span} /> },
  ];
  return (
    <Table
      label="Gateways"
      columns={columns}
      rows={lines}
      keyOf={(line) => line.id}
      empty="There is no gateway."
      onOpen={(line) => navigate(analyticsHref(line.id, span))}
    />
  );
}

function Name({ line, span }: { line: GatewayLine; span: Span }) {
  return (
    <span className="inline-flex items-baseline gap-2">
      <Link
        to={analyticsHref(line.id, span)}
        onClick={(event) => event.stopPropagation()}
        className="font-medium text-kumo-default no-underline hover:underline"
      >
        {line.id}
      </Link>
      {line.isDefault && <span className="text-xs text-kumo-subtle">default</span>}
    </span>
  );
}

function LogsLink({ line, span }: { line: GatewayLine; span: Span }) {
  return (
    <Link
      to={logsHref(line.id, { span })}
      onClick={(event) => event.stopPropagation()}
      aria-label={`Logs of ${line.id}`}
      className="text-kumo-link"
    >
      Logs
    </Link>
  );
}

function GatewayCard({ line, span }: { line: GatewayLine; span: Span }) {
  return (
    <div className="rounded-lg border border-kumo-line bg-kumo-base px-4 py-3">
      <div className="flex items-center justify-between gap-3">
        <Name line={line} span={span} />
        <LogsLink line={line} span={span} />
      </div>
      <Sparkline values={line.trend} className="mt-2 h-8 w-full" />
      <dl className="tabular m-0 mt-2 grid grid-cols-3 gap-x-3 gap-y-2">
        {COLUMNS.map(({ key, label, format }) => (
          <div key={key} className="min-w-0">
            <dt className="text-xs text-kumo-subtle">{label}</dt>
            <dd className="m-0 truncate text-sm">{format(line.figures[key] ?? null)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
