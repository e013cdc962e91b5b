import { useNavigate } from "react-router";
import { logsHref } from "@/lib/log-link";
import { type Span, stepOf } from "@/lib/time-range";
import type { Choice } from "@/pages/analytics/choice";
import type { Spec } from "@/pages/analytics/plain-specs";
import { Card } from "@/ui/card";
import { Chart } from "@/ui/chart";
import { useZoom } from "@/ui/span-choice";

interface ChartsProps {
  gateway: string;
  span: Span;
  times: number[];
  specs: Spec[];
  choice: Choice;
  isPending: boolean;
  hasNoLegend?: boolean;
}

/** A drag zooms; a click on a step leads to the logs behind it, of the series that is clicked on. */
export function Charts({ gateway, span, times, specs, choice, isPending, hasNoLegend }: ChartsProps) {
  const zoom = useZoom();
  const navigate = useNavigate();
  const open = (spec: Spec, index: number, series: number) => {
    const time = times[index];
    if (time === undefined) return;
    const picked = spec.series[series];
    navigate(
      logsHref(gateway, {
        span: stepOf(time, span.granularity),
        filters: merged(choice, picked?.filters),
        status: picked?.status ?? (choice.status || undefined),
      }),
    );
  };
  return (
    <div className="grid grid-cols-1 gap-3 lg:grid-cols-2">
      {specs.map((spec) => (
        <Card key={spec.title} title={spec.title} actions={<About text={spec.about} />}>
          <Chart
            label={`${spec.title} by time`}
            times={times}
            series={spec.series}
            format={spec.format}
            kind={spec.kind}
            isStacked={spec.isStacked}
            height={190}
            isPending={isPending}
            hasNoLegend={hasNoLegend}
            onZoom={zoom}
            onPick={(index, series) => open(spec, index, series)}
          />
        </Card>
      ))}
    </div>
  );
}

/** A break-down's own filters have the page's in them already. */
function merged(choice: Choice, own: Choice["filters"] | undefined): Choice["filters"] {
  if (!own) return choice.filters;
  const texts = new Set(own.map((one) => JSON.stringify(one)));
  const isWhole = choice.filters.every((one) => texts.has(JSON.stringify(one)));
  return isWhole || choice.by !== "" ? own : [...choice.filters, ...own];
}

const About = ({ text }: { text?: string }) => text && <span className="text-xs text-kumo-subtle">{text}</span>;
