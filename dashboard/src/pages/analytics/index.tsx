import { Button } from "@cloudflare/kumo/components/button";
import { DownloadSimpleIcon } from "@phosphor-icons/react/DownloadSimple";
import { useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import { logsHref } from "@/lib/log-link";
import { type Span, stepsOf } from "@/lib/time-range";
import { useUrlState } from "@/lib/url-state";
import { Charts } from "@/pages/analytics/charts";
import { type Asked, askedOf, type Choice, readChoice } from "@/pages/analytics/choice";
import { downloadFigures } from "@/pages/analytics/export";
import { type BreakDown, type Rank, useBreakDown, useOptions, useSums } from "@/pages/analytics/figures";
import { Filters } from "@/pages/analytics/filters";
import { metadataSpecs, plainSpecs } from "@/pages/analytics/plain-specs";
import { Ranking } from "@/pages/analytics/ranking";
import { splitSpecs } from "@/pages/analytics/split-specs";
import { useGateway } from "@/shell/gateway";
import { Card } from "@/ui/card";
import { Legend } from "@/ui/chart";
import { Empty } from "@/ui/empty";
import { LiveSwitch, useLiveSpan } from "@/ui/live-switch";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";
import { SpanChoice } from "@/ui/span-choice";
import { Totals } from "@/ui/totals";

const RANKS: Rank[] = ["requests", "tokens", "cost", "errors"];

export default function Analytics() {
  const { gateway } = useGateway();
  const [params] = useSearchParams();
  const choice = useMemo(() => readChoice(params), [params]);
  const asked = useMemo(() => askedOf(choice), [choice]);
  const { span, live } = useLiveSpan();
  const wish = { gateway, span, asked, everyMs: live.everyMs };
  const sums = useSums(wish);
  const [rank, setRank] = useUrlState("rank", "requests");
  const shownRank = RANKS.find((one) => one === rank) ?? "requests";
  const breakDown = useBreakDown(wish, shownRank);
  const figures = asked.dimension ? breakDown.series : sums.byTime.data;
  return (
    <Page
      title="Analytics"
      about={`What ${gateway} serves. Drag over a chart to zoom in, click on it to see the logs behind.`}
      actions={
        <>
          <LiveSwitch live={live} />
          <SpanChoice span={span} />
          <Button
            icon={<DownloadSimpleIcon />}
            disabled={!figures?.rows.length}
            onClick={() => figures && downloadFigures(gateway, figures)}
          >
            CSV
          </Button>
        </>
      }
    >
      <FiltersOf gateway={gateway} span={span} choice={choice} />
      <Ignored gateway={gateway} span={span} choice={choice} asked={asked} />
      {sums.byTime.error ? (
        <Problem error={sums.byTime.error} onRetry={() => sums.byTime.refetch()} />
      ) : (
        <Body
          gateway={gateway}
          span={span}
          choice={choice}
          asked={asked}
          sums={sums}
          breakDown={breakDown}
          rank={shownRank}
          onRank={setRank}
        />
      )}
    </Page>
  );
}

interface BodyProps {
  gateway: string;
  span: Span;
  choice: Choice;
  asked: Asked;
  sums: ReturnType<typeof useSums>;
  breakDown: BreakDown;
  rank: Rank;
  onRank: (rank: Rank) => void;
}

function Body({ gateway, span, choice, asked, sums, breakDown, rank, onRank }: BodyProps) {
  const times = useMemo(() => stepsOf(span), [span]);
  const { series, others, first } = breakDown;
  const byTime = sums.byTime.data;
  const specs = useMemo(() => {
    if (asked.dimension) {
      const split = {
        dimension: asked.dimension,
        first,
        series: series?.rows,
        others: others?.rows,
      };
      return splitSpecs(times, split, choice, asked.isMetadata);
    }
    return asked.isMetadata
      ? metadataSpecs(times, byTime?.rows)
      : plainSpecs(times, byTime?.rows, sums.errors.data?.rows);
  }, [asked, choice, times, first, series, others, byTime, sums.errors.data]);
  const [upper, lower] = asked.dimension ? [specs.slice(0, 2), specs.slice(2)] : [specs, []];
  const charts = { gateway, span, times, choice, isPending: !(asked.dimension ? series : byTime) };
  return (
    <>
      <Totals span={span} times={times} byTime={byTime} before={sums.before.data} isMetadata={asked.isMetadata} />
      {byTime && !byTime.totals.requests ? (
        <Nothing gateway={gateway} isFiltered={choice.filters.length > 0 || choice.status !== ""} />
      ) : (
        <>
          {lower.length > 0 && <Legend series={specs[0]?.series ?? []} />}
          <Charts {...charts} specs={upper} hasNoLegend={lower.length > 0} />
          {asked.dimension && (
            <Ranking
              gateway={gateway}
              span={span}
              choice={choice}
              dimension={asked.dimension}
              breakDown={breakDown}
              rank={rank}
              onRank={onRank}
            />
          )}
          {lower.length > 0 && <Charts {...charts} specs={lower} hasNoLegend />}
        </>
      )}
    </>
  );
}

function FiltersOf({ gateway, span, choice }: { gateway: string; span: Span; choice: Choice }) {
  const key = choice.filters.find((one) => one.key === "metadata.key")?.value[0];
  return <Filters choice={choice} options={useOptions(gateway, span, typeof key === "string" ? key : "")} />;
}

function Nothing({ gateway, isFiltered }: { gateway: string; isFiltered: boolean }) {
  return (
    <Card>
      <Empty
        title="No requests in this span of time"
        about={
          isFiltered
            ? "Take a filter away, or choose a longer span."
            : "Choose a longer span, or send a first request: it shows up here within seconds."
        }
        action={<Link to={`/gateways/${encodeURIComponent(gateway)}/start`}>Send one from Quick start</Link>}
      />
    </Card>
  );
}

/** Figures that are wider than the filters must not look as if they were not. */
function Ignored({ gateway, span, choice, asked }: { gateway: string; span: Span; choice: Choice; asked: Asked }) {
  if (asked.ignored.length === 0) return null;
  const href = logsHref(gateway, { span, filters: choice.filters, status: choice.status || undefined });
  return (
    <p role="status" className="m-0 rounded-md bg-kumo-warning-tint px-3 py-2 text-sm">
      {asked.isMetadata ? "Metadata are summed on their own" : "Sums do not tell everything apart"}: these figures
      disregard {asked.ignored.join(", ")}. The <Link to={href}>logs</Link> take every filter.
    </p>
  );
}
