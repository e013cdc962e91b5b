/** Where to go after signing in: a path of this dashboard, and of nothing else. */

const HOME = "/";
const KEY = "torana-next";
// Browsers take a backslash for a slash, and leave tabs and line ends out of URLs.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const MISREAD = /[\\\u0000-\u001f\u007f]/;

export function safeNext(given: string | null): string {
  if (!given?.startsWith("/") || given.startsWith("//") || MISREAD.test(given)) return HOME;
  return /^\/login(?:[/?#]|$)/.test(given) ? HOME : given;
}

/** For the way over another server, which sends people back without it. */
export const keepNext = (next: string) => sessionStorage.setItem(KEY, next);

export const keptNext = (): string | null => sessionStorage.getItem(KEY);

export function takeNext(): string {
  const next = safeNext(keptNext());
  sessionStorage.removeItem(KEY);
  return next;
}
