/** Loads the request of a log into the playground, then goes there. */

import { useQuery } from "@tanstack/react-query";
import { Navigate, useNavigate } from "react-router";
import { client } from "@/api/client";
import { useSession } from "@/api/session";
import { modelsText, saveBench } from "@/pages/playground/kept";
import { NoReplay, type Replay, replayOf } from "@/pages/playground/replay";
import { Empty } from "@/ui/empty";
import { Loading } from "@/ui/loading";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";

/** What the playground says of a replay, in the state of the history's entry. */
export interface Opened {
  log: string;
  gateway: string;
  left: string[];
}

/** `place` is `gateway/log id`. */
export function Opening({ place }: { place: string }) {
  const cut = place.lastIndexOf("/");
  const [gateway, log] = [place.slice(0, cut), place.slice(cut + 1)];
  const { account_id } = useSession();
  const navigate = useNavigate();
  const found = useQuery({
    queryKey: ["replay", account_id, place],
    queryFn: () => fetchReplay(account_id, gateway, log),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (found.data) {
    saveBench(found.data.bench);
    const state: Opened = { log, gateway, left: found.data.left };
    const query = new URLSearchParams({ gateway, models: modelsText(found.data.bench) });
    return <Navigate to={`/playground?${query}`} state={state} replace />;
  }
  return (
    <Page title="Playground">
      {found.error instanceof NoReplay ? (
        <Empty
          title="This log cannot be replayed"
          about={`${found.error.message}.`}
          action={
            <button
              type="button"
              onClick={() => navigate(-1)}
              className="cursor-pointer border-0 bg-transparent text-kumo-link"
            >
              Back
            </button>
          }
        />
      ) : found.error ? (
        <Problem error={found.error} onRetry={() => found.refetch()} />
      ) : (
        <Loading label="Loading the request" />
      )}
    </Page>
  );
}

const PATH = "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs/{log_id}";

async function fetchReplay(account_id: string, gateway_id: string, log_id: string): Promise<Replay> {
  const params = { path: { account_id, gateway_id, log_id } };
  const [log, request] = await Promise.all([
    client.GET(PATH, { params }),
    client.GET(`${PATH}/request`, { params, parseAs: "text" }),
  ]);
  const row = log.data?.result;
  if (!row) throw new NoReplay("There is no such log");
  return replayOf(String(request.data ?? ""), row.model ? `${row.provider}/${row.model}` : "");
}
