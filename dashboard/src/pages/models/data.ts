/** What is known of models, for the pages of models and for the playground. */

import { api, type Schemas } from "@/api/client";
import { useSession } from "@/api/session";

export type Model = Schemas["ModelObject"];
export type ModelDetail = Schemas["ModelDetail"];
export type Endpoint = Schemas["EndpointObject"];
export type Place = Schemas["PlaceObject"];

const FRESH_MS = 60_000;

export function useModels(gateway: string) {
  const { account_id } = useSession();
  const params = { path: { account_id, gateway_id: gateway } };
  return api.useQuery(
    "get",
    "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/models",
    { params },
    { staleTime: FRESH_MS },
  );
}

/** `id` is `author/slug`. */
export function modelQuery(account: string, gateway: string, id: string) {
  const [author = "", ...rest] = id.split("/");
  const path = { account_id: account, gateway_id: gateway, author, slug: rest.join("/") };
  return api.queryOptions(
    "get",
    "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/models/{author}/{slug}",
    { params: { path } },
  );
}

/** What the gateway's `compat` API takes. */
export const compatName = (place: Pick<Place, "provider" | "model">): string => `${place.provider}/${place.model}`;

/** The endpoint to try first: one that is reached, and no reseller where there is another. */
export function foremostPlace<P extends Place>(places: readonly P[]): P | undefined {
  const reached = places.filter((one) => one.is_reached);
  const some = reached.length ? reached : places;
  return some.find((one) => one.provider !== "openrouter") ?? some[0];
}

export const hasChat = (model: Pick<Model, "output_modalities">): boolean => model.output_modalities.includes("text");
