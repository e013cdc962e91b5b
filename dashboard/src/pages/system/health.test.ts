import { expect, test } from "vitest";
import { faultsOf, sentenceOf } from "@/pages/system/health";

const worker = { pid: 1, started_at: "", rss_bytes: 1, requests: 1, in_flight: 0, connections: 0 };
const well = {
  workers: [worker],
  journal: { bytes: 10, segments: 1, lag_s: 0.4, most_bytes: 1000, dropped: 0, dropped_bodies: 0, drop_reason: "" },
  disk: { free_bytes: 4e10, total_bytes: 1e11 },
};
const levels = (changes: object) => faultsOf({ ...well, ...changes }).map((fault) => fault.level);

test("where all is well, one sentence says so in figures", () => {
  expect(faultsOf(well)).toEqual([]);
  expect(sentenceOf(well)).toBe(
    "All is well: 1 worker serves, logs are less than a second behind, and 40.0 GB of disk are free.",
  );
});

test.each([
  [{ workers: [] }, ["bad"]],
  [{ journal: { ...well.journal, dropped: 1 } }, ["bad"]],
  [{ journal: { ...well.journal, dropped_bodies: 4 } }, ["warn"]],
  [{ journal: { ...well.journal, bytes: 500 } }, ["warn"]],
  [{ journal: { ...well.journal, bytes: 900 } }, ["bad"]],
  [{ journal: { ...well.journal, most_bytes: 0, bytes: 900 } }, []],
  [{ journal: { ...well.journal, lag_s: 30 } }, ["warn"]],
  [{ journal: { ...well.journal, lag_s: 600 } }, ["bad"]],
  [{ disk: { free_bytes: 9e9, total_bytes: 1e11 } }, ["warn"]],
  [{ disk: { free_bytes: 9e8, total_bytes: 5e9 } }, ["bad"]],
  [{ disk: { free_bytes: 0, total_bytes: 0 } }, []],
])("%o is %o", (changes, found) => {
  expect(levels(changes)).toEqual(found);
});

test("one thing that is wrong is told at once", () => {
  expect(sentenceOf({ ...well, workers: [] })).toBe("No worker tells how it is.");
});

test("of several the worst stands first", () => {
  const ill = { ...well, journal: { ...well.journal, lag_s: 45, dropped: 3, bytes: 600 } };
  expect(levels(ill)).toEqual(["bad", "warn", "warn"]);
  expect(sentenceOf(ill)).toBe("3 things are wrong.");
});
