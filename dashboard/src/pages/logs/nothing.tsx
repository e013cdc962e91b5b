/** Why there is no line, and what to do about it. */

import { Button } from "@cloudflare/kumo/components/button";
import { Link } from "react-router";
import { api } from "@/api/client";
import type { Place } from "@/pages/logs/api";
import { isNarrowed, type Selection, widened } from "@/pages/logs/selection";
import { Empty } from "@/ui/empty";

interface NothingProps {
  place: Place;
  selection: Selection;
  onSelection: (selection: Selection) => void;
}

export function Nothing({ place, selection, onSelection }: NothingProps) {
  const isOff = useIsOff(place);
  const base = `/gateways/${encodeURIComponent(place.gateway)}`;
  if (isNarrowed(selection)) {
    return (
      <Empty
        title="No log fits"
        about="Take out a filter, or look at a longer span of time."
        action={<Button onClick={() => onSelection(widened(selection))}>Clear all filters</Button>}
      />
    );
  }
  if (isOff) {
    return (
      <Empty
        title="Logs are not collected"
        about="This gateway keeps no logs: “Collect logs” is off in its settings. A request can ask for its own with the header cf-aig-collect-log: true."
        action={
          <Link to={`${base}/settings`} className="text-kumo-link underline">
            Open the settings
          </Link>
        }
      />
    );
  }
  return (
    <Empty
      title="No logs yet"
      about="Each request that goes through this gateway appears here with its answer, tokens, cost and timings, a moment after its end."
      action={
        <Link to={`${base}/start`} className="text-kumo-link underline">
          Send the first request
        </Link>
      }
    />
  );
}

/** Whether the gateway keeps no logs; false while that is not known. */
export function useIsOff({ account, gateway }: Place): boolean {
  const found = api.useQuery("get", "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}", {
    params: { path: { account_id: account, gateway_id: gateway } },
  });
  return found.data?.result.collect_logs === false;
}
