/** The operations on the logs of one gateway, as anybody can call them. */

import { client, toQuery } from "@/api/client";
import { CSRF } from "@/api/csrf";
import { failure, reach } from "@/api/http";
import type { paths } from "@/api/management";
import type { LogRow, LogWindow, Trace } from "@/pages/logs/types";

export interface Place {
  account: string;
  gateway: string;
}

export interface Change {
  feedback?: number | null;
  score?: number | null;
  metadata?: Record<string, string | number | boolean> | null;
}

type Logs = "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs";
const LOGS: Logs = "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs";

export type WindowQuery = NonNullable<paths[`${Logs}/window`]["get"]["parameters"]["query"]>;
/** Which logs, for lists, exports and deletion alike. */
export type Which = NonNullable<paths[Logs]["delete"]["parameters"]["query"]>;

const placed = ({ account, gateway }: Place) => ({ account_id: account, gateway_id: gateway });

/** For a list's windows, and with `after_id` for what was stored since. */
export async function readWindow(place: Place, query: WindowQuery, signal: AbortSignal): Promise<LogWindow> {
  return had((await client.GET(`${LOGS}/window`, { params: { path: placed(place), query }, signal })).data);
}

export async function readTrace(place: Place, id: string): Promise<Trace> {
  const path = { ...placed(place), log_id: id };
  return had((await client.GET(`${LOGS}/{log_id}/trace`, { params: { path } })).data).result;
}

export async function changeLog(place: Place, id: string, change: Change): Promise<void> {
  const path = { ...placed(place), log_id: id };
  await client.PATCH(`${LOGS}/{log_id}`, { params: { path }, body: change });
}

export async function deleteLog(place: Place, id: string): Promise<void> {
  await client.DELETE(`${LOGS}/{log_id}`, { params: { path: { ...placed(place), log_id: id } } });
}

/** At most ten thousand a call; how many went. */
export async function deleteLogs(place: Place, query: Which): Promise<number> {
  return had((await client.DELETE(LOGS, { params: { path: placed(place), query } })).data).result.deleted;
}

/** An answer that was none has been thrown already. */
function had<T>(data: T | undefined): T {
  if (data === undefined) throw new Error("The server answered with nothing");
  return data;
}

const pathOf = ({ account, gateway }: Place) =>
  `/client/v4/accounts/${account}/ai-gateway/gateways/${encodeURIComponent(gateway)}/logs`;

export type Side = "request" | "response";

export const bodyHref = (place: Place, id: string, side: Side) => `${pathOf(place)}/${encodeURIComponent(id)}/${side}`;

/** A whole recorded body, as text. */
export async function readBody(place: Place, id: string, side: Side): Promise<string> {
  const response = await reach(bodyHref(place, id, side), { headers: CSRF });
  if (!response.ok) throw await failure(response);
  return response.text();
}

export const exportHref = (place: Place, query: Which & { format: "jsonl" | "parquet"; bodies?: boolean }) =>
  `${pathOf(place)}/export?${toQuery(query)}`;

/** As a line shows it. */
export function shownChange({ feedback, score, metadata }: Change): Partial<LogRow> {
  return {
    ...(feedback === undefined ? {} : { feedback }),
    ...(score === undefined ? {} : { score }),
    ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata ?? {}) }),
  };
}
