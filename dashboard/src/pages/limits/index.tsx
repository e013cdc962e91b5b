/** How a gateway's limits stand now, what it spends, and where that leads. */

import { Button } from "@cloudflare/kumo/components/button";
import { SlidersHorizontalIcon } from "@phosphor-icons/react/SlidersHorizontal";
import { useNavigate } from "react-router";
import { api } from "@/api/client";
import { useMay } from "@/api/session";
import { useLive } from "@/lib/live";
import { useUrlState } from "@/lib/url-state";
import { LimitCard } from "@/pages/limits/limit-card";
import { type Limit, type LimitForecast, onlyOf, type SpendRule } from "@/pages/limits/limits";
import { SpendCards } from "@/pages/limits/spend-cards";
import { useGateway } from "@/shell/gateway";
import { Card } from "@/ui/card";
import { Empty } from "@/ui/empty";
import { LiveSwitch } from "@/ui/live-switch";
import { Loading } from "@/ui/loading";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";

const LIMITS_MS = 3_000;
const SPEND_MS = 15_000;
const CLOCK_MS = 1_000;

export default function Limits() {
  const { gateway } = useGateway();
  const [live, setLive] = useUrlState("live", "on");
  const isLive = live === "on";
  const limits = useLimits(isLive);
  const rules = useSpendRules();
  const spend = useSpend(isLive);
  useLive(isLive, CLOCK_MS);
  const now = Date.now();
  return (
    <Page
      title="Limits and spend"
      about={`What the gateway ${gateway} spends, and how much room its limits leave.`}
      actions={
        <LiveSwitch
          live={{
            isOn: isLive,
            everyMs: isLive && LIMITS_MS,
            isPossible: true,
            set: (isOn) => setLive(isOn ? "on" : "off"),
          }}
        />
      }
    >
      {spend.isError ? (
        <Problem error={spend.error} onRetry={() => spend.refetch()} />
      ) : (
        <SpendCards spend={spend.data?.result} />
      )}
      {limits.isError && <Problem error={limits.error} onRetry={() => limits.refetch()} />}
      {limits.isPending && <Loading />}
      {limits.data && (
        <>
          <Kind
            kind="spend"
            limits={limits.data.result}
            rules={rules}
            forecasts={spend.data?.result.limits ?? []}
            now={now}
            empty={{
              about: "A spend limit holds back a call before it is made, by what it may cost.",
              command: `torana gateways set ${gateway} 'spend_limits={"enabled": true, "rules": [{"limitType": "cost", "limit": 50, "window": 2592000}]}'`,
            }}
          />
          <Kind
            kind="rate"
            limits={limits.data.result}
            rules={[]}
            forecasts={[]}
            now={now}
            empty={{
              about: "A rate limit refuses requests with 429 and says when to come again.",
              command: `torana gateways set ${gateway} rate_limiting_limit=100 rate_limiting_interval=60`,
            }}
          />
        </>
      )}
    </Page>
  );
}

interface KindProps {
  kind: Limit["kind"];
  limits: Limit[];
  /** Those that hold, in the order of the limits. */
  rules: SpendRule[];
  forecasts: LimitForecast[];
  now: number;
  empty: { about: string; command: string };
}

function Kind({ kind, limits, rules, forecasts, now, empty }: KindProps) {
  const { gateway } = useGateway();
  const may = useMay();
  const navigate = useNavigate();
  const own = limits.filter((limit) => limit.kind === kind);
  const noun = kind === "spend" ? "spend" : "rate";
  const edit = () => navigate(`/gateways/${encodeURIComponent(gateway)}/settings#${noun}-limits`);
  const words = may("edit") ? `Edit the ${noun} limits` : `See the ${noun} limits' settings`;
  return (
    <Card
      title={kind === "spend" ? "Spend limits" : "Rate limits"}
      isFlush
      actions={
        own.length > 0 && (
          <Button size="sm" icon={<SlidersHorizontalIcon />} onClick={edit}>
            {words}
          </Button>
        )
      }
    >
      {own.length > 0 ? (
        <ul className="m-0 list-none p-0">
          {own.map((limit, at) => (
            <LimitCard
              key={limit.id}
              limit={limit}
              forecast={forecasts.find((one) => one.id === limit.id)}
              only={onlyOf(rules[at])}
              now={now}
            />
          ))}
        </ul>
      ) : (
        <Empty
          title={`There is no ${noun} limit`}
          about={
            <>
              {empty.about}
              <code className="mt-2 block font-mono text-xs break-words">{empty.command}</code>
            </>
          }
          action={may("edit") && <Button onClick={edit}>{`Set a ${noun} limit`}</Button>}
        />
      )}
    </Card>
  );
}

function useLimits(isLive: boolean) {
  const { account, gateway } = useGateway();
  return api.useQuery(
    "get",
    "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/limits",
    { params: { path: { account_id: account, gateway_id: gateway } } },
    { refetchInterval: isLive ? LIMITS_MS : false },
  );
}

/** What the limits do not say of themselves. */
function useSpendRules(): SpendRule[] {
  const { account, gateway } = useGateway();
  const found = api.useQuery("get", "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}", {
    params: { path: { account_id: account, gateway_id: gateway } },
  });
  const limits = found.data?.result.spend_limits;
  return limits?.enabled ? limits.rules.filter((rule) => rule.enabled ?? true) : [];
}

function useSpend(isLive: boolean) {
  const { account, gateway } = useGateway();
  return api.useQuery(
    "get",
    "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/spend",
    { params: { path: { account_id: account, gateway_id: gateway } } },
    { refetchInterval: isLive ? SPEND_MS : false },
  );
}
