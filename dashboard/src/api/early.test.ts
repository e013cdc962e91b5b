import { afterEach, expect, test, vi } from "vitest";
import { askEarly, takeEarly } from "@/api/early";

const ORIGIN = "http://torana.test";

afterEach(() => vi.unstubAllGlobals());

function answering(): ReturnType<typeof vi.fn> {
  const made = vi.fn(async () => new Response("answer"));
  vi.stubGlobal("fetch", made);
  return made;
}

test("the same call takes the early answer, once", async () => {
  const made = answering();
  expect(await (await askEarly("POST", "/ask", { a: 1 })).text()).toBe("answer");
  const call = () => takeEarly(new Request(`${ORIGIN}/ask`, { method: "POST", body: '{"a":1}' }));
  expect(await (await call())?.text()).toBe("answer");
  expect(await call()).toBeNull();
  expect(made).toHaveBeenCalledTimes(1);
});

test("another call does not", async () => {
  answering();
  await askEarly("GET", "/list?per_page=100");
  expect(await takeEarly(new Request(`${ORIGIN}/list?per_page=10`))).toBeNull();
  expect(await takeEarly(new Request(`${ORIGIN}/list?per_page=100`, { method: "DELETE" }))).toBeNull();
  expect(await takeEarly(new Request(`${ORIGIN}/list?per_page=100`))).not.toBeNull();
});

test("a call that was not made early can still be made", async () => {
  answering();
  await askEarly("POST", "/ask", { until: 1 });
  const call = new Request(`${ORIGIN}/ask`, { method: "POST", body: '{"until":2}' });
  expect(await takeEarly(call)).toBeNull();
  expect(await call.text()).toBe('{"until":2}');
});

test("what nobody took is not kept", async () => {
  vi.useFakeTimers();
  answering();
  await askEarly("GET", "/list");
  vi.advanceTimersByTime(60_000);
  expect(await takeEarly(new Request(`${ORIGIN}/list`))).toBeNull();
  vi.useRealTimers();
});
