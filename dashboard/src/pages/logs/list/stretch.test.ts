import { expect, test } from "vitest";
import { type Place, Stretch } from "@/pages/logs/list/stretch";

const VIEW = 800;
const MOST = 1_000_000;
const TOP: Place = { physical: 0, logical: 0, isMoved: false };

test("a list that fits is scrolled as it is", () => {
  const list = new Stretch(500_000, VIEW, MOST);
  expect(list.bodyPx).toBe(500_000);
  expect(list.scrolled(TOP, 123_456)).toEqual({ physical: 123_456, logical: 123_456, isMoved: false });
});

test("a drag to the end shows the end, and to the top the top", () => {
  const list = new Stretch(40_000_000, VIEW, MOST);
  expect(list.bodyPx).toBe(MOST);
  const end = list.scrolled(TOP, MOST - VIEW);
  expect(end.logical).toBe(40_000_000 - VIEW);
  expect(list.scrolled(end, 0).logical).toBe(0);
});

test("small movements move by as much", () => {
  const list = new Stretch(40_000_000, VIEW, MOST);
  let place = list.scrolled(TOP, 500_000);
  const before = place.logical;
  for (let step = 1; step <= 50; step += 1) place = list.scrolled(place, 500_000 + step * 100);
  expect(place.logical - before).toBeCloseTo(5_000);
});

test("the whole list can be walked in small steps, and the bar is put right but few times", () => {
  const list = new Stretch(4_000_000, VIEW, MOST);
  let place = TOP;
  let moves = 0;
  let steps = 0;
  let longest = 0;
  while (place.logical < 4_000_000 - VIEW && steps < 20_000) {
    const before = place.logical;
    place = list.scrolled(place, Math.min(place.physical + 400, MOST - VIEW));
    longest = Math.max(longest, place.logical - before);
    moves += place.isMoved ? 1 : 0;
    steps += 1;
  }
  expect(place.logical).toBe(4_000_000 - VIEW);
  expect(longest).toBeLessThan(410);
  expect(moves).toBeGreaterThan(0);
  expect(moves).toBeLessThan(steps / 50);
  while (place.logical > 0 && steps < 40_000) {
    place = list.scrolled(place, Math.max(place.physical - 400, 0));
    steps += 1;
  }
  expect(place).toEqual({ physical: 0, logical: 0, isMoved: false });
});

test("a place that it is sent to is shown exactly", () => {
  const list = new Stretch(40_000_000, VIEW, MOST);
  const place = list.sent(TOP, 20_000_037);
  expect(place.logical).toBe(20_000_037);
  expect(place.isMoved).toBe(true);
  const next = list.sent(place, 20_000_077);
  expect(next.logical).toBe(20_000_077);
  expect(next.physical - place.physical).toBe(40);
});
