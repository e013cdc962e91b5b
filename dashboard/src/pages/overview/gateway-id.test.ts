import { expect, test } from "vitest";
import { problemOf } from "@/pages/overview/gateway-id";

test.each(["a", "chat-app", "my_app-2", "0", "a".repeat(64)])("%s is fine", (id) => {
  expect(problemOf(id, ["other"])).toBeNull();
});

test.each([
  ["Chat", /lower-case/i],
  ["chat app", /spaces/],
  ["chat.app", /“\.”/],
  ["chät", /“ä”/],
  ["a😀", /“😀”/],
  ["-chat", /ends/],
  ["chat-", /ends/],
  ["chat--app", /too many/],
  ["a".repeat(65), /64/],
  ["taken", /already/],
])("%s is not", (id, said) => {
  expect(problemOf(id, ["taken"])).toMatch(said);
});
