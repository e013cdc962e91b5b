import { Link } from "react-router";
import { count, percent, usd } from "@/lib/format";
import { type By, type Line, MEASURES, type Measure, SHOWN, spendOf } from "@/pages/activity/use";
import { Card } from "@/ui/card";
import { colourOf } from "@/ui/chart";
import { type Column, Table } from "@/ui/table";

const TITLES: Record<By, string> = {
  model: "Models",
  api_key_id: "Keys",
  provider: "Providers",
  workspace: "Gateways",
  user: "Users",
};
const HREFS: Partial<Record<By, (name: string) => string>> = {
  api_key_id: () => "/keys",
  workspace: (name) => `/gateways/${encodeURIComponent(name)}/logs`,
};

interface UseTableProps {
  lines: Line[] | undefined;
  by: By;
  measure: Measure;
  nameOf: (value: string) => string;
  isTruncated: boolean | undefined;
}

export function UseTable({ lines, by, measure, nameOf, isTruncated = false }: UseTableProps) {
  const of = MEASURES[measure];
  const whole = (lines ?? []).reduce((sum, line) => sum + of(line.used), 0);
  const places = new Map((lines ?? []).slice(0, SHOWN).map((line, index) => [line.name, colourOf(index)]));
  const figure = (
    key: string,
    label: string,
    value: (line: Line) => number,
    format: (value: number) => string,
  ): Column<Line> => ({ key, label, isNumber: true, by: value, cell: (line) => format(value(line)) });
  const columns: Column<Line>[] = [
    {
      key: "name",
      label: TITLES[by].replace(/s$/, ""),
      by: (line) => nameOf(line.name),
      className: "min-w-56",
      cell: (line) => (
        <Name
          text={nameOf(line.name)}
          href={HREFS[by]?.(line.name)}
          colour={places.get(line.name) ?? "var(--chart-8)"}
        />
      ),
    },
    figure("share", "Share", (line) => (whole ? of(line.used) / whole : 0), percent),
    figure("spend", "Spend", (line) => spendOf(line.used), usd),
    figure(
      "byok",
      "Of that BYOK",
      (line) => (spendOf(line.used) ? line.used.byok_usage / spendOf(line.used) : 0),
      percent,
    ),
    figure("requests", "Requests", (line) => line.used.request_count, count),
    figure("prompt", "Prompt tokens", (line) => line.used.tokens_prompt, count),
    figure("cached", "Of them cached", (line) => line.used.cached_tokens, count),
    figure("completion", "Completion tokens", (line) => line.used.tokens_completion, count),
    figure("reasoning", "Of them reasoning", (line) => line.used.reasoning_tokens, count),
  ];
  return (
    <Card
      title={TITLES[by]}
      about={isTruncated ? "There is more than can be shown at once: choose a shorter span." : undefined}
      isFlush
    >
      <Table label={TITLES[by]} columns={columns} rows={lines} keyOf={(line) => line.name} empty="Nothing was used." />
    </Card>
  );
}

function Name({ text, href, colour }: { text: string; href?: string; colour: string }) {
  return (
    <span className="flex items-center gap-2">
      <i aria-hidden className="inline-block size-2.5 shrink-0 rounded-sm" style={{ background: colour }} />
      {href ? (
        <Link to={href} className="text-kumo-default no-underline hover:underline">
          {text}
        </Link>
      ) : (
        text
      )}
    </span>
  );
}
