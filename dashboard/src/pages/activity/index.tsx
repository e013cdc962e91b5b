import { Button } from "@cloudflare/kumo/components/button";
import { DownloadSimpleIcon } from "@phosphor-icons/react/DownloadSimple";
import { useMemo } from "react";
import { download, toCsv } from "@/lib/csv";
import { useUrlState } from "@/lib/url-state";
import { NoUse } from "@/pages/activity/no-use";
import { type By, daysOf, linesOf, type Measure, type UsedRow, useRouterKeys, useUsed } from "@/pages/activity/use";
import { UseChart } from "@/pages/activity/use-chart";
import { UseTable } from "@/pages/activity/use-table";
import { UseTotals } from "@/pages/activity/use-totals";
import { Choice } from "@/ui/choice";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";
import { Segments } from "@/ui/segments";

const SPANS: [string, string][] = [
  ["7", "Last 7 days"],
  ["30", "Last 30 days"],
  ["90", "Last 90 days"],
  ["365", "Last 365 days"],
];
const MEASURES: [Measure, string][] = [
  ["spend", "Spend"],
  ["tokens", "Tokens"],
  ["requests", "Requests"],
];
const BYS: [By, string][] = [
  ["model", "By model"],
  ["api_key_id", "By key"],
  ["provider", "By provider"],
  ["workspace", "By gateway"],
  ["user", "By user"],
];
const DAY_MS = 86_400_000;

export default function Activity() {
  const [count, setCount] = useUrlState("days", "30");
  const [measure, setMeasure] = useChosen("show", MEASURES);
  const [by, setBy] = useChosen("by", BYS);
  const [key, setKey] = useUrlState("key");
  const length = Number(SPANS.find(([name]) => name === count)?.[0] ?? 30);
  const today = Math.floor(Date.now() / DAY_MS);
  const days = useMemo(() => daysOf(length, today * DAY_MS), [length, today]);
  const before = useMemo(() => daysOf(length, (today - length) * DAY_MS), [length, today]);
  const used = useUsed(days, by, key);
  const usedBefore = useUsed(before, null, key);
  const keys = useRouterKeys();
  const nameOf = useNames(by, keys.data);
  const rows = isOf(used.data?.data, by) ? used.data?.data : undefined;
  const lines = useMemo(() => rows && linesOf(rows, by, measure), [rows, by, measure]);
  return (
    <Page
      title="Activity"
      about="What was used through the router at /api/v1, by day of UTC; today is still going on."
      actions={
        <>
          <Choice
            label="Key"
            value={key}
            onChange={setKey}
            options={[["", "All keys"], ...(keys.data ?? []).map((one): [string, string] => [one.hash, one.name])]}
          />
          <Choice label="Span of time" value={String(length)} options={SPANS} onChange={setCount} />
          <Button
            icon={<DownloadSimpleIcon />}
            disabled={!rows?.length}
            onClick={() => rows && download(`activity-${days.start.slice(0, 10)}.csv`, csvOf(rows, by, nameOf))}
          >
            CSV
          </Button>
        </>
      }
    >
      {used.error ? (
        <Problem error={used.error} onRetry={() => used.refetch()} />
      ) : rows?.length === 0 ? (
        <NoUse isFiltered={key !== ""} />
      ) : (
        <>
          <UseTotals days={days} length={length} rows={rows} before={usedBefore.data?.data} />
          <div className="flex flex-wrap items-center justify-between gap-2">
            <Segments label="Figure" value={measure} options={MEASURES} onChange={setMeasure} />
            <Choice label="Break down by" value={by} options={BYS} onChange={setBy} />
          </div>
          <UseChart times={days.times} lines={lines} measure={measure} nameOf={nameOf} />
          <UseTable
            lines={lines}
            by={by}
            measure={measure}
            nameOf={nameOf}
            isTruncated={used.data?.metadata.truncated}
          />
        </>
      )}
    </Page>
  );
}

/** One of a few from the URL; the first where it says none of them. */
function useChosen<Value extends string>(name: string, options: [Value, string][]): [Value, (value: Value) => void] {
  const first = options[0]?.[0] as Value;
  const [text, set] = useUrlState(name, first);
  return [options.find(([value]) => value === text)?.[0] ?? first, set];
}

/** Until the answer to another question comes the last one is kept, which may be of another dimension. */
const isOf = (rows: UsedRow[] | undefined, by: By) => rows?.[0] === undefined || by in rows[0];

/** Keys by the names that they were given; what has no name says so. */
function useNames(by: By, keys: { hash: string; name: string }[] | undefined): (value: string) => string {
  return useMemo(() => {
    const names = new Map((keys ?? []).map((one) => [one.hash, one.name]));
    if (by === "api_key_id") return (hash) => names.get(hash) ?? `a deleted key (${hash.slice(0, 8)}…)`;
    return (value) => value || (by === "user" ? "(none named)" : "(none)");
  }, [by, keys]);
}

function csvOf(rows: UsedRow[], by: By, nameOf: (value: string) => string): string {
  const metrics = Object.keys(rows[0] ?? {}).filter(
    (name) => name !== by && name !== "created_at__day",
  ) as (keyof UsedRow)[];
  const lines = rows.map((row) => [
    row.created_at__day.slice(0, 10),
    nameOf(row[by] ?? ""),
    ...metrics.map((name) => row[name]),
  ]);
  return toCsv(["day", by, ...metrics], lines);
}
