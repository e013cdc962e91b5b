/** The management API, typed by its OpenAPI document: `api.useQuery("get", path, init)`, `api.useMutation(…)`. */

import { keepPreviousData, MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import createFetchClient from "openapi-fetch";
import createClient from "openapi-react-query";
import { CSRF } from "@/api/csrf";
import { ApiError, failure, reach } from "@/api/http";
import type { components, paths } from "@/api/management";

export type Schemas = components["schemas"];

/** Lists and objects go as JSON, everything else as it is. */
export function toQuery(query: Record<string, unknown>): string {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === "") continue;
    found.set(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  return found.toString();
}

export const client = createFetchClient<paths>({
  baseUrl: "",
  headers: CSRF,
  querySerializer: toQuery,
  fetch: (request) => reach(request),
});

client.use({
  async onResponse({ response }) {
    if (!response.ok) throw await failure(response);
  },
});

export const api = createClient(client);

const FRESH_MS = 5_000;
const isWorthwhile = (error: unknown) => !(error instanceof ApiError) || error.status === 0 || error.status >= 500;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      placeholderData: keepPreviousData,
      retry: (failures, error) => failures < 2 && isWorthwhile(error),
    },
  },
  queryCache: new QueryCache(),
  mutationCache: new MutationCache(),
});

/** After a change: whatever is shown is asked for anew. */
export const refresh = () => queries.invalidateQueries();
