/** Whose keys decide what is reached: the URL's gateway, else the one looked at last. */

import { useSearchParams } from "react-router";
import { useUrlChange } from "@/lib/url-state";
import { useGateways, useLastGateway } from "@/shell/gateway";

interface ModelsGateway {
  gateway: string;
  options: [string, string][];
  choose: (gateway: string) => void;
}

export function useModelsGateway(): ModelsGateway {
  const [query] = useSearchParams();
  const change = useUrlChange();
  const last = useLastGateway();
  const gateways = useGateways();
  const gateway = query.get("gateway") ?? last;
  const names = gateways.data?.result.map((one) => one.id) ?? [];
  const all = names.includes(gateway) ? names : [gateway, ...names];
  return { gateway, options: all.map((name) => [name, name]), choose: (name) => change({ gateway: name }) };
}
