import { expect, test } from "vitest";
import {
  daysOf,
  easesOf,
  type Limit,
  type LimitForecast,
  ofWhat,
  onlyOf,
  runsOutOf,
  type Spend,
  shareOf,
  standingOf,
  titleOf,
} from "@/pages/limits/limits";

const LIMIT: Limit = {
  kind: "rate",
  id: "gateway",
  limit: 100,
  window: 60,
  technique: "fixed",
  by: [],
  used: 0,
  held: 0,
  remaining: 100,
  eases_at: null,
  values: [],
  value_count: 0,
};

test("a limit says what it is in words", () => {
  expect(titleOf(LIMIT)).toBe("100 requests in 1 min");
  expect(titleOf({ ...LIMIT, limit: 1, window: 1 })).toBe("1 request in 1.00 s");
  expect(titleOf({ ...LIMIT, kind: "spend", limit: 50, window: 30 * 86_400 })).toBe("$50.00 in 30 d");
  expect(ofWhat(LIMIT)).toBe("for the whole gateway");
  expect(ofWhat({ ...LIMIT, id: "key openai/team", by: [] })).toBe("with the stored key openai/team");
  expect(ofWhat({ ...LIMIT, by: ["model", "metadata.team"] })).toBe("for each model and value of team");
});

test("says which requests alone count", () => {
  const rule = {
    model: { mode: "filter", values: ["a", "b"] },
    provider: null,
    metadata: { team: { mode: "partition" } },
  };
  expect(onlyOf(rule as never)).toBe("model a or b");
  expect(onlyOf({ ...rule, metadata: { team: { mode: "filter", values: ["x"] } } } as never)).toBe(
    "model a or b, team x",
  );
  expect(onlyOf(undefined)).toBe("");
});

test("what is held counts against a limit, and fills it no more than whole", () => {
  expect(shareOf({ used: 40, held: 10 }, 100)).toBe(0.5);
  expect(shareOf({ used: 140, held: 10 }, 100)).toBe(1);
  expect(shareOf({ used: 0, held: 0 }, 0)).toBe(0);
  expect(standingOf({ used: 70, held: 10, remaining: 20 }, 100)).toBe("warn");
  expect(standingOf({ used: 70, held: 0, remaining: 30 }, 100)).toBe("good");
  expect(standingOf({ used: 90, held: 10, remaining: 0 }, 100)).toBe("bad");
});

test("says when there is room again", () => {
  const now = Date.parse("2026-11-23T12:00:00Z");
  const used = { used: 1, eases_at: "2026-11-23T12:03:00Z" };
  expect(easesOf(used, "fixed", now)).toBe("starts anew in 3 min.");
  expect(easesOf(used, "sliding", now)).toBe("eases in 3 min.");
  expect(easesOf({ used: 0, eases_at: null }, "fixed", now)).toBe("");
});

test("says when a spend limit runs out, unless it has", () => {
  const one = {
    id: "a",
    used: 1,
    limit: 5,
    remaining: 4,
    window: 60,
    resets_at: null,
    runs_out_at: null,
    value: "",
    held: 0,
    technique: "fixed",
    by: [],
  } as LimitForecast;
  expect(runsOutOf(one)).toBe("At this pace it does not run out");
  expect(runsOutOf({ ...one, remaining: 0 })).toBeNull();
  expect(runsOutOf(undefined)).toBeNull();
  expect(runsOutOf({ ...one, runs_out_at: new Date(Date.now() + 7_200_000).toISOString() })).toMatch(
    /runs out in 2 hr/,
  );
});

test("days begin in UTC", () => {
  const spend = { per_day: [{ day: "2026-11-23", cost: 1.5 }] } as Spend;
  expect(daysOf(spend)).toEqual({ times: [Date.parse("2026-11-23T00:00:00Z") / 1000], costs: [1.5] });
});
