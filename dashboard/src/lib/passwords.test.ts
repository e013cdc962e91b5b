import { expect, test } from "vitest";
import { drawPassword, judge } from "@/lib/passwords";

test.each([
  ["", "short", "12 more characters needed."],
  ["elevenchars", "short", "1 more character needed."],
  ["password1234", "weak", "Weak: “password” is guessed first."],
  ["aaaaaaaaaaaaaaaa", "weak", "Weak: few different characters."],
  ["ada-lovelace-1", "weak", "Weak: “ada-lovelace” is guessed first."],
  ["kettle bridge", "fair", "Fair. Longer is stronger: four words are a good start."],
  ["kettle bridge orbit quill", "strong", "Strong."],
  ["Kettle-Bridge-27", "strong", "Strong."],
])("%s is %s", (password, strength, words) => {
  expect(judge(password, ["ada-lovelace"])).toEqual({ strength, words });
});

test("what everybody tries first does no harm beside enough of one's own", () => {
  expect(judge("password kettle bridge orbit").strength).toBe("strong");
});

test("a name of two letters forbids nothing", () => {
  expect(judge("kettle bridge", ["et"]).strength).toBe("fair");
});

test("a drawn password is strong, and another one each time", () => {
  const drawn = Array.from({ length: 50 }, drawPassword);
  expect(new Set(drawn).size).toBe(50);
  for (const one of drawn) {
    expect(one).toMatch(/^[a-z2-9]{5}(-[a-z2-9]{5}){3}$/);
    expect(judge(one).strength).toBe("strong");
  }
});
