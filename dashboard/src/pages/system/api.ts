/** How the server is, as it says itself. */

import { api, type Schemas } from "@/api/client";
import { useSession } from "@/api/session";

export type System = Schemas["System"];
export type Worker = System["workers"][number];
export type StoreRow = System["stores"][number];
export type Fact = System["features"][string];

const EVERY_MS = 2_000;

/** Asked anew every two seconds while somebody looks. */
export function useSystem() {
  const { account_id } = useSession();
  return api.useQuery(
    "get",
    "/client/v4/accounts/{account_id}/system",
    { params: { path: { account_id } } },
    { refetchInterval: EVERY_MS },
  );
}
