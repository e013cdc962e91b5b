/** The values of a break-down, the largest first; each line leads to its logs. */

import { Link, useNavigate } from "react-router";
import type { Row } from "@/api/analytics";
import { count, duration, exact, percent, usd } from "@/lib/format";
import { logsHref } from "@/lib/log-link";
import type { Span } from "@/lib/time-range";
import { behindValue, type Choice } from "@/pages/analytics/choice";
import type { BreakDown, Rank } from "@/pages/analytics/figures";
import { SHOWN } from "@/pages/analytics/figures";
import { labelOf, OTHERS_COLOUR } from "@/pages/analytics/split-specs";
import { Card } from "@/ui/card";
import { colourOf } from "@/ui/chart";
import { Choice as Select } from "@/ui/choice";
import { Empty } from "@/ui/empty";
import { Problem } from "@/ui/problem";
import { type Column, Table } from "@/ui/table";

const RANKS: [Rank, string][] = [
  ["requests", "by requests"],
  ["tokens", "by tokens"],
  ["cost", "by cost"],
  ["errors", "by errors"],
];
const TITLES: Record<Choice["by"], string> = {
  "": "",
  model: "Models",
  provider: "Providers",
  status: "Statuses",
  metadata: "",
};

interface RankingProps {
  gateway: string;
  span: Span;
  choice: Choice;
  dimension: string;
  breakDown: BreakDown;
  rank: Rank;
  onRank: (rank: Rank) => void;
}

export function Ranking({ gateway, span, choice, dimension, breakDown, rank, onRank }: RankingProps) {
  const navigate = useNavigate();
  const { ranked, first, error, retry } = breakDown;
  const title = choice.by === "metadata" ? `Values of ${choice.key}` : TITLES[choice.by];
  const total = ranked?.totals[rank] ?? 0;
  const nameOf = (row: Row) => String(row.dimensions[dimension]);
  const hrefOf = (row: Row) => logsHref(gateway, { span, ...behindValue(choice, nameOf(row)) });
  if (error) return <Problem error={error} onRetry={retry} />;
  return (
    <Card
      title={title}
      about={ranked?.is_truncated ? `The first ${ranked.rows.length}; the charts show ${SHOWN}` : undefined}
      isFlush
      actions={<Select label="Rank" value={rank} options={RANKS} onChange={onRank} />}
    >
      <div className="max-h-[420px] overflow-auto">
        <Table
          key={rank}
          label={title}
          columns={[
            {
              key: "name",
              label: choice.by === "metadata" ? "Value" : title.replace(/(es|s)$/, ""),
              by: nameOf,
              className: "w-full min-w-64",
              cell: (row) => (
                <Name
                  name={nameOf(row)}
                  href={hrefOf(row)}
                  colour={first.includes(nameOf(row)) ? colourOf(first.indexOf(nameOf(row))) : OTHERS_COLOUR}
                  share={total ? (row.metrics[rank] ?? 0) / total : 0}
                />
              ),
            },
            ...figures(ranked?.totals),
          ]}
          rows={ranked?.rows}
          keyOf={nameOf}
          empty={<Empty title="No requests" about="Nothing in this span of time fits the filters." />}
          onOpen={(row) => navigate(hrefOf(row))}
        />
      </div>
    </Card>
  );
}

const FIGURES: { key: string; label: string; format: (value: number | null) => string; title?: typeof exact }[] = [
  { key: "requests", label: "Requests", format: count, title: exact },
  { key: "tokens", label: "Tokens", format: count, title: exact },
  { key: "cost", label: "Cost", format: usd },
  { key: "error_rate", label: "Error rate", format: percent },
  { key: "cache_rate", label: "From cache", format: percent },
  { key: "duration_p95", label: "Latency p95", format: duration },
  { key: "duration_avg", label: "Average latency", format: duration },
];

/** Those that are known of this break-down. */
function figures(totals: Record<string, unknown> | undefined): Column<Row>[] {
  return FIGURES.filter(({ key }) => (totals ? key in totals : key !== "duration_avg")).map(
    ({ key, label, format, title }) => ({
      key,
      label,
      isNumber: true,
      by: (row: Row) => row.metrics[key] ?? null,
      cell: (row: Row) => <span title={title?.(row.metrics[key])}>{format(row.metrics[key] ?? null)}</span>,
    }),
  );
}

function Name({ name, href, colour, share }: { name: string; href: string; colour: string; share: number }) {
  return (
    <span className="flex items-center gap-2">
      <i aria-hidden className="inline-block size-2.5 shrink-0 rounded-sm" style={{ background: colour }} />
      <Link
        to={href}
        title={`Logs of ${labelOf(name)}`}
        onClick={(event) => event.stopPropagation()}
        className="w-52 min-w-0 shrink-0 truncate text-kumo-default no-underline hover:underline"
      >
        {labelOf(name)}
      </Link>
      <span aria-hidden className="hidden h-2 min-w-16 flex-1 rounded bg-kumo-fill lg:block">
        <span className="block h-2 rounded" style={{ background: colour, width: `${Math.max(share * 100, 0.5)}%` }} />
      </span>
      <span className="tabular hidden w-14 text-right text-xs text-kumo-subtle lg:inline">{percent(share)}</span>
    </span>
  );
}
