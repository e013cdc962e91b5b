import { describe, expect, it } from "vitest";
import { ago, bytes, count, duration, percent, perMillion, plural, UNKNOWN, usd } from "@/lib/format";

describe("numbers with units", () => {
  it("shows money with as many places as tell something", () => {
    expect([0, 1234.5, 0.0123, 0.00000042, -0.5].map(usd)).toEqual([
      "$0",
      "$1,234.50",
      "$0.0123",
      "$0.00000042",
      "-$0.50",
    ]);
  });

  it("keeps the digits of small counts", () => {
    expect([0, 12_345, 1_234_567].map(count)).toEqual(["0", "12,345", "1.2M"]);
    expect(plural(1, "key")).toBe("1 key");
    expect(plural(2, "key")).toBe("2 keys");
  });

  it("chooses the unit of a time by its size", () => {
    expect([0.34, 5.25, 412, 1240, 65_000, 7_440_000, 90_000_000].map(duration)).toEqual([
      "340 µs",
      "5.3 ms",
      "412 ms",
      "1.24 s",
      "1 min 5 s",
      "2 h 4 min",
      "1 d 1 h",
    ]);
  });

  it("shows shares and sizes", () => {
    expect([0, 0.0123, 0.5, 1].map(percent)).toEqual(["0 %", "1.2 %", "50 %", "100 %"]);
    expect([12, 1500, 2_500_000].map(bytes)).toEqual(["12 B", "1.5 kB", "2.5 MB"]);
    expect(perMillion(0.00000015)).toBe("$0.15/M");
  });

  it("says of what is not known that it is not", () => {
    for (const show of [usd, count, duration, percent, bytes]) expect(show(null)).toBe(UNKNOWN);
  });

  it("tells how long ago", () => {
    const now = Date.parse("2026-11-23T12:00:00Z");
    expect(ago("2026-11-23T11:57:00Z", now)).toBe("3 min. ago");
    expect(ago("2026-11-23T14:00:00Z", now)).toBe("in 2 hr.");
    expect(ago("2026-11-23T11:59:58Z", now)).toBe("now");
  });
});
