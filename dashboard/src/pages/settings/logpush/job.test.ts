import { expect, test } from "vitest";
import { emptyDestination, newWish, problemsOfJob, type Wish, whereTo } from "@/pages/settings/logpush/job";

const GOOD: Wish = { ...newWish("default"), destination: { type: "folder", path: "daily/default" } };
const wrong = (changes: Partial<Wish>) => [...problemsOfJob({ ...GOOD, ...changes }).keys()];

test("a folder below the server's own is right, and no other", () => {
  expect(wrong({})).toEqual([]);
  for (const path of ["", "/etc", "a/../../b"]) {
    expect(wrong({ destination: { type: "folder", path } })).toEqual(["path"]);
  }
});

test("a bucket needs what signs its requests", () => {
  expect(wrong({ destination: emptyDestination("s3") })).toEqual([
    "bucket",
    "region",
    "access_key_id",
    "secret_access_key",
  ]);
});

test("bounds are those of the server", () => {
  expect(wrong({ max_upload_interval_seconds: 3601, max_upload_records: 0, gateways: [], name: " " })).toEqual([
    "name",
    "gateways",
    "interval",
    "records",
  ]);
  expect(wrong({ gateways: null })).toEqual([]);
});

test("says where logs go", () => {
  const s3 = { ...emptyDestination("s3"), bucket: "logs", prefix: "ai" };
  expect(whereTo(s3 as Wish["destination"])).toBe("s3://logs/ai");
});
