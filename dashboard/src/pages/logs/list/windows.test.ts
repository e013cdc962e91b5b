import { expect, test } from "vitest";
import { type Ask, KEPT, MOST_FRESH, totalAfter, WINDOW, Windows } from "@/pages/logs/list/windows";
import type { LogRow, LogWindow, WindowInfo } from "@/pages/logs/types";

const rowOf = (number: number) => ({ id: `log-${number}`, cost: null }) as LogRow;

const INFO: WindowInfo = {
  count: 0,
  offset: 0,
  total_count: null,
  total_count_is_exact: true,
  anchor_id: "a",
  has_more: false,
  is_stale: false,
};

/** A store of so many logs, which says how many there are at least; `asked` is what it was asked for. */
function storeOf(count: number, least = count) {
  const asked: Ask[] = [];
  const load = async ({ offset, limit, anchor }: Ask, signal: AbortSignal): Promise<LogWindow> => {
    asked.push({ offset, limit, anchor });
    await Promise.resolve();
    signal.throwIfAborted();
    const result = Array.from({ length: Math.max(Math.min(limit, count - offset), 0) }, (_, at) => rowOf(offset + at));
    const has_more = result.length === limit;
    const isEnd = !has_more && (result.length > 0 || offset === 0);
    const total = isEnd ? offset + result.length : anchor === null ? least : null;
    const info = { ...INFO, offset, has_more, total_count: total, total_count_is_exact: isEnd || least === count };
    return { result, result_info: info };
  };
  return { asked, load };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("a list is begun with its first window and knows its length", async () => {
  const { load, asked } = storeOf(100_000);
  const list = new Windows(load, () => {});
  await list.begin();
  expect(list.total).toEqual({ count: 100_000, isExact: true });
  expect(list.row(0)?.id).toBe("log-0");
  expect(list.row(99)?.id).toBe("log-99");
  expect(list.row(100)).toBeUndefined();
  expect(asked).toEqual([{ offset: 0, limit: WINDOW, anchor: null }]);
});

test("windows in sight are asked for once, at the moment of the list", async () => {
  const { load, asked } = storeOf(100_000);
  const list = new Windows(load, () => {});
  await list.begin();
  list.ensure(50_090, 50_130);
  list.ensure(50_091, 50_131);
  await settled();
  expect(asked.slice(1)).toEqual([
    { offset: 50_000, limit: WINDOW, anchor: "a" },
    { offset: 50_100, limit: WINDOW, anchor: "a" },
  ]);
  expect(list.row(50_123)?.id).toBe("log-50123");
  list.ensure(50_090, 50_130);
  await settled();
  expect(asked).toHaveLength(3);
});

test("a window that is out of sight before it came is given up", async () => {
  const { load } = storeOf(100_000);
  const list = new Windows(load, () => {});
  await list.begin();
  list.ensure(50_000, 50_020);
  list.ensure(90_000, 90_020);
  await settled();
  expect(list.row(50_000)).toBeUndefined();
  expect(list.row(90_000)?.id).toBe("log-90000");
});

test("few windows are kept, those used last", async () => {
  const { load, asked } = storeOf(100_000);
  const list = new Windows(load, () => {});
  await list.begin();
  for (let number = 1; number < KEPT; number += 1) {
    list.ensure(number * WINDOW, number * WINDOW);
    await settled();
  }
  list.ensure(0, 0);
  list.ensure(KEPT * WINDOW, KEPT * WINDOW);
  await settled();
  expect(list.row(0)?.id).toBe("log-0");
  expect(list.row(WINDOW)).toBeUndefined();
  expect(asked).toHaveLength(KEPT + 1);
});

test("a list whose length is not known grows until its end is found", async () => {
  const { load } = storeOf(1_250, 1_000);
  const list = new Windows(load, () => {});
  await list.begin();
  expect(list.total).toEqual({ count: 1_000, isExact: false });
  expect(list.length).toBe(1_000 + WINDOW);
  for (let last = list.length - 1; !list.total?.isExact; last = list.length - 1) {
    list.ensure(last, last);
    await settled();
  }
  expect(list.total).toEqual({ count: 1_250, isExact: true });
  expect(list.length).toBe(1_250);
});

test("a length that is a multiple of the window ends with an empty one", async () => {
  const { load } = storeOf(1_100, 1_000);
  const list = new Windows(load, () => {});
  await list.begin();
  list.ensure(1_000, 1_099);
  await settled();
  list.ensure(list.length - 1, list.length - 1);
  await settled();
  expect(list.total).toEqual({ count: 1_100, isExact: true });
});

test("what came since waits, then stands above, once and by time", async () => {
  const { load } = storeOf(300);
  const list = new Windows(load, () => {});
  await list.begin();
  expect(list.newest).toBe("a");
  list.came([rowOf(901), rowOf(903)], "b");
  list.came([rowOf(902), rowOf(903)], "c");
  expect(list.newest).toBe("c");
  expect(list.waitingCount).toBe(3);
  expect(list.row(0)?.id).toBe("log-0");
  list.show();
  expect(list.waitingCount).toBe(0);
  expect([0, 1, 2, 3].map((index) => list.row(index)?.id)).toEqual(["log-903", "log-902", "log-901", "log-0"]);
  expect(list.total).toEqual({ count: 303, isExact: true });
  expect(list.indexOf("log-0")).toBe(3);
  list.ensure(103, 103);
  await settled();
  expect(list.row(103)?.id).toBe("log-100");
});

test("a list has room for so many that came since", async () => {
  const { load } = storeOf(300);
  const list = new Windows(load, () => {});
  await list.begin();
  list.came(
    Array.from({ length: MOST_FRESH }, (_, at) => rowOf(1_000 + at)),
    "b",
  );
  expect(list.hasRoom).toBe(true);
  list.came([rowOf(9_000)], "c");
  expect(list.hasRoom).toBe(false);
});

test("a list begun anew has what came since in its place, and keeps where one is", async () => {
  const { load, asked } = storeOf(1_000);
  const list = new Windows(load, () => {});
  await list.begin();
  list.came([rowOf(5_000)], "b");
  list.show();
  await list.begin(501);
  expect(asked.at(-1)).toEqual({ offset: 500, limit: WINDOW, anchor: null });
  expect(list.freshCount).toBe(0);
  expect(list.row(500)?.id).toBe("log-500");
  expect(list.row(0)).toBeUndefined();
});

test("a list that became shorter begins at its top", async () => {
  const { load } = storeOf(50);
  const list = new Windows(load, () => {});
  await list.begin(9_000);
  expect(list.row(0)?.id).toBe("log-0");
  expect(list.total).toEqual({ count: 50, isExact: true });
});

test("a moment whose log was deleted begins the list anew", async () => {
  const { load } = storeOf(1_000);
  let isStale = false;
  const list = new Windows(
    async (ask, signal) => {
      const answer = await load(ask, signal);
      if (!isStale || ask.anchor === null) return answer;
      return { result: [], result_info: { ...INFO, is_stale: true } };
    },
    () => {},
  );
  await list.begin();
  isStale = true;
  list.ensure(500, 520);
  await settled();
  expect(list.row(500)?.id).toBe("log-500");
});

test("a failure is told, and what is shown stays", async () => {
  const { load } = storeOf(1_000);
  let isDown = false;
  const list = new Windows(
    (ask, signal) => (isDown ? Promise.reject(new Error("down")) : load(ask, signal)),
    () => {},
  );
  await list.begin();
  isDown = true;
  list.ensure(500, 520);
  await settled();
  expect(list.error).toEqual(new Error("down"));
  expect(list.row(0)?.id).toBe("log-0");
  isDown = false;
  list.ensure(500, 520);
  await settled();
  expect(list.error).toBeNull();
  expect(list.row(500)?.id).toBe("log-500");
});

test("a changed row is shown so", async () => {
  const { load } = storeOf(10);
  const list = new Windows(load, () => {});
  await list.begin();
  const before = list.row(4);
  list.change("log-4", { feedback: 1 });
  expect(list.row(4)?.feedback).toBe(1);
  expect(list.row(4)).not.toBe(before);
  expect(list.row(3)?.feedback).toBeUndefined();
});

test("an exact length stays, whatever a window says", () => {
  expect(totalAfter({ count: 7, isExact: true }, 0, 7, { ...INFO, has_more: true })).toEqual({
    count: 7,
    isExact: true,
  });
});
