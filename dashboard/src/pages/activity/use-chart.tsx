import { useMemo } from "react";
import { count, usd } from "@/lib/format";
import { type Line, layersOf, type Measure } from "@/pages/activity/use";
import { Card } from "@/ui/card";
import { Chart } from "@/ui/chart";

const TITLES: Record<Measure, string> = { spend: "Spend by day", tokens: "Tokens by day", requests: "Requests by day" };

interface UseChartProps {
  times: number[];
  lines: Line[] | undefined;
  measure: Measure;
  nameOf: (value: string) => string;
}

export function UseChart({ times, lines, measure, nameOf }: UseChartProps) {
  const series = useMemo(
    () =>
      layersOf(lines ?? [], times, measure).map(({ name, values }) =>
        name === null ? { label: "Other", values, colour: "var(--chart-8)" } : { label: nameOf(name), values },
      ),
    [lines, times, measure, nameOf],
  );
  return (
    <Card title={TITLES[measure]}>
      <Chart
        label={TITLES[measure]}
        times={times}
        series={series}
        format={measure === "spend" ? usd : count}
        kind="bars"
        isStacked
        height={280}
        isPending={!lines}
      />
    </Card>
  );
}
