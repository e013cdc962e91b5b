/** What a gateway may be called: the server's own rule, told piece by piece while one types. */

const LONGEST = 64;
const RULE = /^[a-z0-9_]+(?:-[a-z0-9_]+)*$/;

/** What is wrong with it and what to do, or null where it is fine. */
export function problemOf(id: string, taken: string[]): string | null {
  if (id.length === 0) return null;
  if (id.length > LONGEST) return `At most ${LONGEST} characters; these are ${id.length}.`;
  if (/[A-Z]/.test(id)) return "Lower-case letters only.";
  if (/\s/.test(id)) return "No spaces: put a - between words.";
  const odd = /[^a-z0-9_-]/u.exec(id);
  if (odd)
    return `“${String.fromCodePoint(id.codePointAt(odd.index) ?? 0)}” cannot be part of it: use a-z, 0-9, _ and -.`;
  if (id.startsWith("-") || id.endsWith("-")) return "A - stands between words, not at the ends.";
  if (id.includes("--")) return "One - after another is one too many.";
  if (!RULE.test(id)) return "Use a-z, 0-9 and _, with single - between.";
  if (taken.includes(id)) return "There is a gateway of this name already.";
  return null;
}
