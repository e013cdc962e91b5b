/** The gateway that is looked at: the URL's, else the one looked at last, else the server's default. */

import { useEffect } from "react";
import { useLocation, useParams } from "react-router";
import { api } from "@/api/client";
import { useSession } from "@/api/session";

const KEY = "torana-gateway";

/** For pages below `/gateways/:gateway`. */
export function useGateway(): { account: string; gateway: string } {
  const { account_id } = useSession();
  const { gateway } = useParams();
  if (!gateway) throw new Error("this page is of a gateway");
  return { account: account_id, gateway };
}

/** For what is shown beside every page. */
export function useLastGateway(): string {
  const { gateway_id } = useSession();
  const { pathname } = useLocation();
  const inPath = /^\/gateways\/([^/]+)/.exec(pathname)?.[1];
  const current = inPath ? decodeURIComponent(inPath) : (sessionStorage.getItem(KEY) ?? gateway_id);
  useEffect(() => sessionStorage.setItem(KEY, current), [current]);
  return current;
}

const MOST = 100;

/** As `first.ts` asks for it too. */
export function useGateways() {
  const { account_id } = useSession();
  return api.useQuery("get", "/client/v4/accounts/{account_id}/ai-gateway/gateways", {
    params: { path: { account_id }, query: { per_page: MOST } },
  });
}
