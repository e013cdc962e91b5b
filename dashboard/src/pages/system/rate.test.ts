import { expect, test } from "vitest";
import { rateOf } from "@/pages/system/rate";

const look = (atMs: number, ...requests: number[]) => ({
  atMs,
  workers: requests.map((one, pid) => ({ pid, started_at: "2026", requests: one })),
});

test("what all workers served meanwhile, a second", () => {
  expect(rateOf(look(0, 100, 50), look(2000, 110, 60))).toBe(10);
});

test("the first look, and the same one again, say nothing", () => {
  expect(rateOf(null, look(0, 1))).toBeNull();
  expect(rateOf(look(5, 1), look(5, 1))).toBeNull();
});

test("a worker that was started again counts from its start, and takes nothing away", () => {
  const restarted = { atMs: 1000, workers: [{ pid: 0, started_at: "2027", requests: 7 }] };
  expect(rateOf(look(0, 1000), restarted)).toBe(7);
  expect(rateOf(look(0, 10), look(1000, 4))).toBe(0);
});
