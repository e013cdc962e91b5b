/** All who serve a model: how quick and how steady they were, and what they charge. */

import { Link } from "react-router";
import { count } from "@/lib/format";
import { compatName, type Endpoint } from "@/pages/models/data";
import { context, RATES, rate, speed, unit, uptime, wait } from "@/pages/models/shown";
import { Badge } from "@/ui/badge";
import { Card } from "@/ui/card";
import { Empty } from "@/ui/empty";
import { type Column, Table } from "@/ui/table";

interface EndpointsProps {
  endpoints: Endpoint[] | undefined;
  gateway: string;
}

export function Endpoints({ endpoints, gateway }: EndpointsProps) {
  return (
    <Card
      title="Endpoints"
      about="As this server measured them: speed in the last 30 minutes, uptime and requests in the last 24 hours."
      isFlush
    >
      <Table
        label="Endpoints"
        columns={[whoColumn(gateway), ...MEASURED]}
        rows={endpoints}
        keyOf={(one) => one.tag}
        empty={<Empty title="Nobody serves it" about="It is known by name alone." />}
      />
    </Card>
  );
}

const whoColumn = (gateway: string): Column<Endpoint> => ({
  key: "who",
  label: "Endpoint",
  by: (one) => one.host,
  cell: (one) => (
    <div className="min-w-52">
      <span className="flex flex-wrap items-center gap-1.5 font-medium">
        {one.host}
        {one.service_tier && <Badge tone="info">{one.service_tier}</Badge>}
        {one.is_zdr && (
          <Badge tone="good" title="It keeps nothing of what it is sent">
            keeps nothing
          </Badge>
        )}
        {one.trains && (
          <Badge tone="warn" title="It may train on what it is sent">
            trains
          </Badge>
        )}
        {one.is_moderated && <Badge title="Its own filters look at what it is sent">moderated</Badge>}
      </span>
      <code className="block text-xs break-all text-kumo-subtle">{compatName(one)}</code>
      {!one.is_reached && (
        <span className="text-xs text-kumo-subtle">
          No key is stored. <Link to={`/gateways/${encodeURIComponent(gateway)}/providers`}>Store one</Link>
        </span>
      )}
    </div>
  ),
});

const MEASURED: Column<Endpoint>[] = [
  {
    key: "latency",
    label: "First token",
    isNumber: true,
    by: (one) => one.latency?.p50 ?? null,
    cell: (one) => <Spread spread={one.latency} show={wait} />,
  },
  {
    key: "throughput",
    label: "Speed",
    isNumber: true,
    by: (one) => one.throughput?.p50 ?? null,
    cell: (one) => <Spread spread={one.throughput} show={speed} />,
  },
  {
    key: "uptime",
    label: "Uptime",
    isNumber: true,
    by: (one) => one.uptime_1d,
    cell: (one) => (
      <>
        {uptime(one.uptime_1d)}
        {one.uptime_1d !== null && (
          <Beside lines={[`30 min ${uptime(one.uptime_30m)}`, `5 min ${uptime(one.uptime_5m)}`]} />
        )}
      </>
    ),
  },
  {
    key: "requests",
    label: "Asked 24 h",
    isNumber: true,
    by: (one) => one.requests_1d,
    cell: (one) => count(one.requests_1d || null),
  },
  {
    key: "input",
    label: "Input /M",
    isNumber: true,
    by: (one) => one.price.input,
    cell: (one) => rate(one.price.input),
  },
  {
    key: "output",
    label: "Output /M",
    isNumber: true,
    by: (one) => one.price.output,
    cell: (one) => rate(one.price.output),
  },
  {
    key: "context",
    label: "Context",
    isNumber: true,
    by: (one) => one.context_length,
    cell: (one) => (
      <>
        {context(one.context_length)}
        {one.max_completion_tokens !== null && (
          <span className="block text-xs text-kumo-subtle">answers {context(one.max_completion_tokens)}</span>
        )}
      </>
    ),
  },
];

interface SpreadProps {
  spread: Endpoint["latency"];
  show: (value: number) => string;
}

/** The middle, and how far from it the others were. */
function Spread({ spread, show }: SpreadProps) {
  if (!spread) return "–";
  return (
    <>
      {show(spread.p50)}
      <Beside title={`p75 ${show(spread.p75)}`} lines={[`p90 ${show(spread.p90)}`, `p99 ${show(spread.p99)}`]} />
    </>
  );
}

/** Below a figure, a line each: side by side they push other columns out of sight. */
const Beside = ({ lines, title }: { lines: string[]; title?: string }) =>
  lines.map((line) => (
    <span key={line} title={title} className="block text-xs text-kumo-subtle">
      {line}
    </span>
  ));

/** Every rate that any endpoint has. */
export function Prices({ endpoints }: { endpoints: Endpoint[] }) {
  const rates = RATES.filter(([name]) => endpoints.some((one) => one.price[name] !== null));
  const columns: Column<Endpoint>[] = [
    { key: "who", label: "Endpoint", by: (one) => one.tag, cell: (one) => <code className="text-xs">{one.tag}</code> },
    ...rates.map(
      ([name, label]): Column<Endpoint> => ({
        key: name,
        label,
        isNumber: true,
        by: (one) => one.price[name],
        cell: (one) => rate(one.price[name]),
      }),
    ),
    { key: "more", label: "More", cell: (one) => <More endpoint={one} />, className: "text-xs text-kumo-subtle" },
  ];
  return (
    <Card
      title="Prices"
      about="USD for 1,000,000 tokens. What has no price of its own is charged as what it is a part of."
      isFlush
    >
      <Table label="Prices" columns={columns} rows={endpoints} keyOf={(one) => one.tag} empty={null} />
    </Card>
  );
}

function More({ endpoint }: { endpoint: Endpoint }) {
  const { tiers, others } = endpoint.price;
  const words = [
    ...tiers.map((tier) => `prompts over ${context(tier.above)}: ${rate(tier.input)} in, ${rate(tier.output)} out`),
    ...Object.entries(others).map(([name, usd]) => `${rate(usd)} a ${unit(name)}`),
  ];
  if (endpoint.has_implicit_caching) words.push("caches prompts by itself");
  return words.length ? words.join("; ") : "–";
}
