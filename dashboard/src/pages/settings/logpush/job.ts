/** A logpush job as a form has it, and as the server wants it. */

import type { Schemas } from "@/api/client";
import { isAddress } from "@/pages/settings/problems";

export type Job = Schemas["LogpushJob"];
export type Wish = Schemas["LogpushJobChange"];
export type Destination = Job["destination"];
export type Kind = Destination["type"];

export const KINDS: [Kind, string][] = [
  ["folder", "A folder of the server"],
  ["s3", "A bucket that speaks S3"],
  ["http", "An address"],
];

const EMPTY: { [K in Kind]: Extract<Destination, { type: K }> } = {
  folder: { type: "folder", path: "" },
  s3: {
    type: "s3",
    bucket: "",
    region: "",
    access_key_id: "",
    secret_access_key: "",
    session_token: "",
    endpoint: "",
    prefix: "",
  },
  http: { type: "http", url: "", headers: {} },
};

export const emptyDestination = (kind: Kind): Destination => structuredClone(EMPTY[kind]);

export const newWish = (gateway: string): Wish => ({
  name: `Logs of ${gateway}`,
  destination: emptyDestination("folder"),
  gateways: [gateway],
  enabled: true,
  max_upload_interval_seconds: 30,
  max_upload_records: 1000,
});

/** What may be sent of a job that is there; its secrets are shown as `…`, which keeps them. */
export const wishOf = (job: Job): Wish => ({
  name: job.name,
  destination: job.destination,
  gateways: job.gateways,
  enabled: job.enabled,
  max_upload_interval_seconds: job.max_upload_interval_seconds,
  max_upload_records: job.max_upload_records,
});

export function problemsOfJob(wish: Wish): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (!wish.name.trim() || wish.name.length > 120) found.set("name", "1 to 120 characters");
  if (wish.gateways?.length === 0) found.set("gateways", "Name at least one, or take all");
  const { max_upload_interval_seconds: interval, max_upload_records: records } = wish;
  if (!(Number.isInteger(interval) && interval >= 1 && interval <= 3600)) found.set("interval", "1 to 3,600 seconds");
  if (!(Number.isInteger(records) && records >= 1 && records <= 10_000)) found.set("records", "1 to 10,000 logs");
  for (const [name, message] of problemsOfDestination(wish.destination)) found.set(name, message);
  return found;
}

function problemsOfDestination(destination: Destination): [string, string][] {
  if (destination.type === "folder") {
    const parts = destination.path.split("/");
    const isBelow = destination.path !== "" && !destination.path.startsWith("/") && !parts.includes("..");
    return isBelow ? [] : [["path", "A path below the server's logpush_folder, without .."]];
  }
  if (destination.type === "http") {
    return isAddress(destination.url) ? [] : [["url", "An address that begins with https:// or http://"]];
  }
  const found: [string, string][] = [];
  for (const name of ["bucket", "region", "access_key_id", "secret_access_key"] as const) {
    if (!destination[name]) found.push([name, "It is needed"]);
  }
  if (destination.bucket.includes("/")) found.push(["bucket", "A bucket's name has no /"]);
  if (destination.endpoint && !isAddress(destination.endpoint)) {
    found.push(["endpoint", "An address that begins with https:// or http://"]);
  }
  return found;
}

export function whereTo(destination: Destination): string {
  if (destination.type === "folder") return destination.path;
  if (destination.type === "http") return destination.url;
  return `s3://${[destination.bucket, destination.prefix].filter(Boolean).join("/")}`;
}
