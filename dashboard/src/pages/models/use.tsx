/** What a model was asked here in the last 30 days. */

import { Link } from "react-router";
import { useAnalytics } from "@/api/analytics";
import { count, percent, plural, usd } from "@/lib/format";
import { logsHref } from "@/lib/log-link";
import { valuesOf } from "@/lib/series";
import { stepsOf } from "@/lib/time-range";
import { useSpan } from "@/lib/use-span";
import type { ModelDetail } from "@/pages/models/data";
import { Card } from "@/ui/card";
import { Chart } from "@/ui/chart";
import { Empty } from "@/ui/empty";

const SPAN = "30d";

export function Use({ model, gateway }: { model: ModelDetail; gateway: string }) {
  const span = useSpan(0, SPAN);
  const names = [...new Set(model.endpoints.map((one) => one.model))];
  const providers = [...new Set(model.endpoints.map((one) => one.provider))];
  const found = useAnalytics(
    {
      metrics: ["requests", "errors", "tokens_in", "tokens_out", "cost", "error_rate"],
      since: span.since,
      until: span.until,
      granularity: span.granularity,
      filters: [
        { key: "model", operator: "eq", value: names },
        { key: "provider", operator: "eq", value: providers },
      ],
    },
    { isAsked: names.length > 0 },
  );
  const times = stepsOf(span);
  const totals = found.data?.totals;
  const isUnused = totals?.requests === 0;
  const errors = valuesOf(found.data?.rows, times, "errors", 0);
  const requests = valuesOf(found.data?.rows, times, "requests", 0);
  return (
    <Card
      title="Asked here"
      about="In the last 30 days, through all gateways."
      actions={
        !isUnused && (
          <Link to={logsHref(gateway, { filters: [{ key: "model", operator: "eq", value: names }] })}>
            Its logs in {gateway}
          </Link>
        )
      }
    >
      {isUnused ? (
        <Empty title="Not asked yet" about="Requests, tokens and what they cost are here once it was." />
      ) : (
        <div className="flex flex-col gap-3">
          <p className="tabular m-0 text-sm">
            {totals
              ? [
                  plural(totals.requests ?? 0, "request"),
                  `${count(totals.tokens_in)} tokens in`,
                  `${count(totals.tokens_out)} out`,
                  usd(totals.cost),
                  `${percent(totals.error_rate)} failed`,
                ].join(" · ")
              : " "}
          </p>
          <Chart
            label="Requests a day, and those that failed"
            times={times}
            series={[
              { label: "Requests", values: requests },
              { label: "Failed", values: errors, colour: "var(--chart-bad)" },
            ]}
            format={count}
            kind="bars"
            height={180}
            isPending={found.isPending}
          />
        </div>
      )}
    </Card>
  );
}
