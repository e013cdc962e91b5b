/** What was spent, by span of time and by day, and what the month comes to if it goes on like this. */

import { useMemo } from "react";
import { useNavigate } from "react-router";
import { usd } from "@/lib/format";
import { logsHref } from "@/lib/log-link";
import { daysOf, type Spend, type SpendForecast } from "@/pages/limits/limits";
import { useGateway } from "@/shell/gateway";
import { Card } from "@/ui/card";
import { Chart } from "@/ui/chart";
import { Placeholder } from "@/ui/loading";
import { Stat, Stats } from "@/ui/stat";

const DAY_S = 86_400;

export function SpendCards({ spend }: { spend: Spend | undefined }) {
  const forecast = spend?.forecast_month;
  return (
    <>
      <Stats>
        <Stat label="Today" value={spend && usd(spend.today)} note="since midnight, UTC" />
        <Stat label="This week" value={spend && usd(spend.week)} note="since Monday, UTC" />
        <Stat label="This month" value={spend && usd(spend.month)} note="since the first, UTC" />
        <Stat
          label="The month's forecast"
          value={spend && (forecast ? usd(forecast.expected) : "–")}
          note={
            spend &&
            (forecast ? `four times in five ${usd(forecast.low)} to ${usd(forecast.high)}` : "too little to go by")
          }
        />
      </Stats>
      <div className="grid gap-5 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Card title="Spend by day" about="Of the last 30 days, in UTC. A click on a day leads to its logs.">
          {spend ? <ByDay spend={spend} /> : <Placeholder className="h-56 w-full" />}
        </Card>
        <Card
          title="Where the month leads"
          about="By the last 14 whole days: what they cost, and how much they differ."
        >
          {spend ? <Month spend={spend} /> : <Placeholder className="h-56 w-full" />}
        </Card>
      </div>
    </>
  );
}

function ByDay({ spend }: { spend: Spend }) {
  const navigate = useNavigate();
  const { gateway } = useGateway();
  const { times, costs } = useMemo(() => daysOf(spend), [spend]);
  const series = useMemo(() => [{ label: "Spend", values: costs }], [costs]);
  const open = (index: number) => {
    const from = times[index];
    if (from === undefined) return;
    const moment = (at: number) => new Date(at * 1000).toISOString();
    navigate(logsHref(gateway, { span: { name: "custom", since: moment(from), until: moment(from + DAY_S) } }));
  };
  return <Chart label="Spend by day" kind="bars" times={times} series={series} format={usd} onPick={open} />;
}

function Month({ spend }: { spend: Spend }) {
  const { month, forecast_month: forecast } = spend;
  if (!forecast) {
    return <p className="m-0 text-sm text-kumo-subtle">There is no forecast yet: it takes three days with requests.</p>;
  }
  return (
    <div className="flex flex-col gap-4">
      <p className="m-0 text-sm">
        At this pace the month comes to about <strong className="font-semibold">{usd(forecast.expected)}</strong>.
      </p>
      <Range month={month} forecast={forecast} />
      <dl className="tabular m-0 grid grid-cols-[1fr_auto] gap-x-4 gap-y-1.5 text-sm">
        <Fact term="Spent so far" text={usd(month)} colour="var(--chart-1)" />
        <Fact term="Expected" text={usd(forecast.expected)} colour="var(--chart-2)" />
        <Fact term="Low: one time in ten it is less" text={usd(forecast.low)} />
        <Fact term="High: one time in ten it is more" text={usd(forecast.high)} />
      </dl>
    </div>
  );
}

function Fact({ term, text, colour }: { term: string; text: string; colour?: string }) {
  return (
    <>
      <dt className="flex items-center gap-2 text-kumo-subtle">
        <i aria-hidden className="inline-block size-2.5 rounded-sm" style={{ background: colour ?? "transparent" }} />
        {term}
      </dt>
      <dd className="m-0 text-right">{text}</dd>
    </>
  );
}

/** From nothing to the high end: what was spent, what is expected, and the span that the rest may come to. */
function Range({ month, forecast }: { month: number; forecast: SpendForecast }) {
  const most = Math.max(forecast.high, month) || 1;
  const at = (value: number) => `${(Math.min(value, most) / most) * 100}%`;
  return (
    <div aria-hidden className="relative h-8">
      <span className="absolute inset-x-0 top-2.5 h-3 rounded-full bg-kumo-fill" />
      <span
        className="absolute top-2.5 left-0 h-3 rounded-full opacity-40"
        style={{ width: at(forecast.expected), background: "var(--chart-2)" }}
      />
      <span
        className="absolute top-2.5 left-0 h-3 rounded-full"
        style={{ width: at(month), background: "var(--chart-1)" }}
      />
      <span
        className="absolute top-1 h-6 border-x-2 border-kumo-contrast"
        style={{ left: at(forecast.low), right: `calc(100% - ${at(forecast.high)})` }}
      />
    </div>
  );
}
