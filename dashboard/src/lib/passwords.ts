/** Passwords: how good one is, in words, and one drawn by lot. */

export const SHORTEST = 12;
const LONG = 20;
const FEWEST_CHARACTERS = 6;

export type Strength = "short" | "weak" | "fair" | "strong";

export interface Verdict {
  strength: Strength;
  /** What to do, or how it stands. */
  words: string;
}

/** What everybody tries first, and rows of keys. */
const OFTEN = ["password", "passwort", "welcome", "letmein", "qwerty", "asdf", "12345", "abcdef", "torana", "admin"];

/** `names` are what others know of the person: a password made of it is none. */
export function judge(password: string, names: readonly string[] = []): Verdict {
  const size = [...password].length;
  if (size < SHORTEST) {
    const missing = SHORTEST - size;
    return { strength: "short", words: `${missing} more character${missing === 1 ? "" : "s"} needed.` };
  }
  const lower = password.toLowerCase();
  const known = [...OFTEN, ...names.map((name) => name.toLowerCase())].filter((word) => word.length > 2);
  const found = known.find((word) => lower.includes(word));
  if (found && size - found.length < SHORTEST) {
    return { strength: "weak", words: `Weak: “${found}” is guessed first.` };
  }
  if (new Set(lower).size < FEWEST_CHARACTERS) return { strength: "weak", words: "Weak: few different characters." };
  if (size >= LONG || (size >= 16 && kindsIn(password) > 2)) return { strength: "strong", words: "Strong." };
  return { strength: "fair", words: "Fair. Longer is stronger: four words are a good start." };
}

function kindsIn(password: string): number {
  return [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(password)).length;
}

/** 32 characters that nobody mistakes for one another, so that five bits choose one. */
const ALPHABET = "abcdefghjkmnopqrstuvwxyz23456789";
const GROUPS = 4;
const IN_GROUP = 5;

/** 100 random bits, in groups that can be read aloud. */
export function drawPassword(): string {
  const drawn = crypto.getRandomValues(new Uint8Array(GROUPS * IN_GROUP));
  const letters = [...drawn].map((byte) => ALPHABET.charAt(byte & 31)).join("");
  return Array.from({ length: GROUPS }, (_, group) => letters.slice(group * IN_GROUP, (group + 1) * IN_GROUP)).join(
    "-",
  );
}
