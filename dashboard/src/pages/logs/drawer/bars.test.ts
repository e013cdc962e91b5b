import { expect, test } from "vitest";
import { barsOf } from "@/pages/logs/drawer/bars";
import type { Attempt } from "@/pages/logs/types";

const attempt = (given: Partial<Attempt>): Attempt => ({
  provider: "openai",
  model: "gpt-4o",
  status: 200,
  started_s: 0,
  first_byte_s: null,
  ended_s: null,
  error: "",
  ...given,
});

test("a retry stands behind what failed", () => {
  const { totalMs, bars } = barsOf({
    timings: { total: 2_000, latency: 1_500 },
    attempts: [
      attempt({ status: 429, started_s: 0, first_byte_s: 0.5, ended_s: 0.5, error: "429" }),
      attempt({ started_s: 1, first_byte_s: 1.5, ended_s: 2 }),
    ],
  });
  expect(totalMs).toBe(2_000);
  expect(bars.map(({ from, end, wait, isGood }) => [from, end, wait, isGood])).toEqual([
    [0, 0.25, 1, false],
    [0.5, 1, 0.5, true],
  ]);
});

test("an attempt without an end went on to the end, or to the next one", () => {
  const { bars } = barsOf({
    timings: { total: 1_000, latency: null },
    attempts: [attempt({ status: 0 }), attempt({ started_s: 0.4, status: 0 })],
  });
  expect(bars.map(({ from, end }) => [from, end])).toEqual([
    [0, 0.4],
    [0.4, 1],
  ]);
});

test("the scale holds attempts that outlast the answer", () => {
  const { totalMs, bars } = barsOf({ timings: { total: 10, latency: null }, attempts: [attempt({ ended_s: 1 })] });
  expect(totalMs).toBe(1_000);
  expect(bars[0]?.end).toBe(1);
});

test("no attempts, no time", () => {
  expect(barsOf({ timings: { total: 0, latency: null }, attempts: [] }).bars).toEqual([]);
});
