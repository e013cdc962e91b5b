import { count, percent, usd } from "@/lib/format";
import { byDay, type Days, spendOf, sumOf, type Used, type UsedRow } from "@/pages/activity/use";
import { Change } from "@/ui/change";
import { Stat } from "@/ui/stat";

interface UseTotalsProps {
  days: Days;
  length: number;
  rows: UsedRow[] | undefined;
  before: UsedRow[] | undefined;
}

export function UseTotals({ days, length, rows, before }: UseTotalsProps) {
  const now = rows && sumOf(rows);
  const then = before && sumOf(before);
  const than = `the ${length} d before`;
  const changed = (of: (used: Used) => number) =>
    now && then ? <Change now={of(now)} before={of(then)} than={than} /> : "\u00a0";
  const trend = (of: "spend" | "tokens" | "requests") => (rows ? byDay(rows, days.times, of) : []);
  const byok = now && (spendOf(now) ? now.byok_usage / spendOf(now) : null);
  return (
    <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Stat label="Spend" value={now && usd(spendOf(now))} note={changed(spendOf)} trend={trend("spend")} />
      <Stat
        label="BYOK share of spend"
        value={byok === undefined ? undefined : percent(byok)}
        note={now ? `${usd(now.byok_usage)} of ${usd(spendOf(now))}` : "\u00a0"}
        trend={
          rows
            ? byDay(
                rows.map((row) => ({ ...row, total_usage: 0 })),
                days.times,
                "spend",
              )
            : []
        }
      />
      <Stat
        label="Tokens"
        value={now && count(now.tokens_total)}
        note={changed((used) => used.tokens_total)}
        trend={trend("tokens")}
      />
      <Stat
        label="Requests"
        value={now && count(now.request_count)}
        note={changed((used) => used.request_count)}
        trend={trend("requests")}
      />
    </div>
  );
}
