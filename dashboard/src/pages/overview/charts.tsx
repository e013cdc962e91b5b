import type { Answer } from "@/api/analytics";
import { count, plural, usd } from "@/lib/format";
import { minus, valuesOf } from "@/lib/series";
import { Card } from "@/ui/card";
import { Chart } from "@/ui/chart";
import { useZoom } from "@/ui/span-choice";

interface ChartsProps {
  times: number[];
  byTime: Answer | undefined;
  /** Leads to the logs of a step, where all are of one gateway. */
  onPick?: (index: number) => void;
}

export function Charts({ times, byTime, onPick }: ChartsProps) {
  const zoom = useZoom();
  const of = (metric: string) => valuesOf(byTime?.rows, times, metric, 0);
  const [requests, errors, cached] = [of("requests"), of("errors"), of("cached")];
  const unpriced = byTime?.totals.unpriced ?? 0;
  const shared = { times, kind: "bars" as const, onZoom: zoom, onPick, height: 200, isPending: !byTime };
  return (
    <div className="grid grid-cols-1 gap-3 lg:grid-cols-3">
      <Card title="Requests" className="lg:col-span-2">
        <Chart
          {...shared}
          label="Requests by time: answered, answered from the cache, failed"
          isStacked
          format={count}
          series={[
            { label: "Answered", values: minus(requests, errors, cached), colour: "var(--chart-2)" },
            { label: "From the cache", values: cached, colour: "var(--chart-3)" },
            { label: "Failed", values: errors, colour: "var(--chart-bad)" },
          ]}
        />
      </Card>
      <Card
        title="Cost"
        actions={
          unpriced > 0 && (
            <span className="text-xs text-kumo-subtle" title="The prices of their models are not known here">
              {plural(unpriced, "request")} without a price
            </span>
          )
        }
      >
        <Chart
          {...shared}
          label="Cost by time in USD"
          format={usd}
          series={[{ label: "Cost", values: of("cost"), colour: "var(--chart-1)" }]}
        />
      </Card>
    </div>
  );
}
