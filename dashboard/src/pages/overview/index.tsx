import { Button } from "@cloudflare/kumo/components/button";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { lazy, Suspense, useMemo } from "react";
import { useNavigate } from "react-router";
import { useMay, useSession } from "@/api/session";
import { hrefWith, logParams, logsHref } from "@/lib/log-link";
import { type Span, stepOf, stepsOf } from "@/lib/time-range";
import { useUrlState } from "@/lib/url-state";
import { Charts } from "@/pages/overview/charts";
import { type Overview as Figures, useIsFresh, useOverview } from "@/pages/overview/figures";
import { Gateways } from "@/pages/overview/gateways";
import { LastErrors } from "@/pages/overview/last-errors";
import { TopModels } from "@/pages/overview/top-models";
import { Welcome } from "@/pages/overview/welcome";
import { LiveSwitch, useLiveSpan } from "@/ui/live-switch";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";
import { SpanChoice } from "@/ui/span-choice";
import { Totals } from "@/ui/totals";

const CreateGateway = lazy(() => import("@/pages/overview/create-gateway"));

export default function Overview() {
  const { gateway_id } = useSession();
  const may = useMay();
  const { span, live } = useLiveSpan();
  const overview = useOverview(span, live.everyMs);
  const requests = overview.byTime.data?.totals.requests;
  const isEmpty = overview.byTime.data && !requests;
  const isFresh = useIsFresh(isEmpty, span.until, live.everyMs);
  const [creating, setCreating] = useUrlState("create");
  return (
    <Page
      title="Overview"
      about="What all gateways serve, cost and fail at."
      actions={
        <>
          {!isFresh && (
            <>
              <LiveSwitch live={live} />
              <SpanChoice span={span} />
            </>
          )}
          {may("edit") && (
            <Button
              variant={isFresh ? "secondary" : "primary"}
              icon={<PlusIcon />}
              onClick={() => setCreating("gateway")}
            >
              Create a gateway
            </Button>
          )}
        </>
      }
    >
      {overview.byTime.error ? (
        <Problem error={overview.byTime.error} onRetry={() => overview.byTime.refetch()} />
      ) : isFresh ? (
        <Welcome gateway={gateway_id} />
      ) : (
        <Body span={span} overview={overview} everyMs={live.everyMs} />
      )}
      {creating === "gateway" && may("edit") && (
        <Suspense>
          <CreateGateway onClose={() => setCreating("")} />
        </Suspense>
      )}
    </Page>
  );
}

function Body({ span, overview, everyMs }: { span: Span; overview: Figures; everyMs: number | false }) {
  const navigate = useNavigate();
  const times = useMemo(() => stepsOf(span), [span]);
  const [only, ...others] = overview.gateways.data?.rows ?? [];
  // With one gateway in use a figure has one place that it leads to.
  const single = only && others.length === 0 ? String(only.dimensions.gateway) : null;
  return (
    <>
      <Totals span={span} times={times} byTime={overview.byTime.data} before={overview.before.data} />
      <Charts
        times={times}
        byTime={overview.byTime.data}
        onPick={
          single === null
            ? undefined
            : (index) => navigate(logsHref(single, { span: stepOf(times[index] ?? 0, span.granularity) }))
        }
      />
      <Gateways span={span} overview={overview} />
      <div className="grid grid-cols-1 gap-3 lg:grid-cols-2">
        <LastErrors span={span} overview={overview} everyMs={everyMs} />
        <TopModels
          models={overview.models.data}
          hrefOf={
            single === null
              ? undefined
              : (model) =>
                  hrefWith(
                    `/gateways/${encodeURIComponent(single)}/analytics`,
                    logParams({ span, filters: [{ key: "model", operator: "eq", value: [model] }] }),
                  )
          }
        />
      </div>
    </>
  );
}
