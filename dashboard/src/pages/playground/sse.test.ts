import { describe, expect, it } from "vitest";
import { EventReader, type ServerEvent } from "@/pages/playground/sse";

const whole = (stream: string): ServerEvent[] => {
  const reader = new EventReader();
  return [...reader.feed(stream), ...reader.end()];
};

const STREAMS: Record<string, [string, ServerEvent[]]> = {
  chat: [
    'data: {"a":1}\n\ndata: {"b":"ü €"}\n\ndata: [DONE]\n\n',
    ['{"a":1}', '{"b":"ü €"}', "[DONE]"].map((data) => ({ name: "message", data })),
  ],
  "every kind of line's end": [
    "data: one\r\n\r\ndata: two\r\rdata: three\n\r\n",
    ["one", "two", "three"].map((data) => ({ name: "message", data })),
  ],
  "comments, names, and data over several lines": [
    ": OPENROUTER PROCESSING\n\nevent: error\ndata: first\ndata:second\ndata\nid: 7\nretry: 10\nother: x\n\n",
    [{ name: "error", data: "first\nsecond\n" }],
  ],
  "a mark of the byte order, and one blank after the colon": [
    "\ufeffdata:  two blanks\n\n",
    [{ name: "message", data: " two blanks" }],
  ],
  "an end without its empty line": ["data: last", [{ name: "message", data: "last" }]],
  "an event without data is none": ["event: ping\n\ndata: x\n\n", [{ name: "message", data: "x" }]],
  nothing: ["", []],
};

describe.each(Object.entries(STREAMS))("a stream of %s", (_name, [stream, expected]) => {
  it("is read whole", () => expect(whole(stream)).toEqual(expected));

  it("is read the same at every cut", () => {
    for (let first = 0; first <= stream.length; first += 1) {
      for (let second = first; second <= stream.length; second += 1) {
        const reader = new EventReader();
        const found = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)].flatMap((piece) =>
          reader.feed(piece),
        );
        expect([...found, ...reader.end()]).toEqual(expected);
      }
    }
  });

  it("is read the same one character at a time", () => {
    const reader = new EventReader();
    const found = [...stream].flatMap((one) => reader.feed(one));
    expect([...found, ...reader.end()]).toEqual(expected);
  });
});

it("gives an event as soon as its empty line is there", () => {
  const reader = new EventReader();
  expect(reader.feed("data: now\n\n")).toEqual([{ name: "message", data: "now" }]);
  expect(reader.feed("data: lat")).toEqual([]);
  expect(reader.feed("er\n\n")).toEqual([{ name: "message", data: "later" }]);
});
