/** The metadata of a log, which is a flat JSON object as text. */

export function entriesOf(metadata: string): [string, string][] {
  if (metadata.length <= 2) return [];
  try {
    const given: unknown = JSON.parse(metadata);
    if (typeof given !== "object" || given === null) return [];
    return Object.entries(given).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
  } catch {
    return [];
  }
}

/** What was typed, as the value that it looks like. */
export function typed(text: string): string | number | boolean {
  const plain = text.trim();
  if (plain === "true" || plain === "false") return plain === "true";
  return /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(plain) ? Number(plain) : plain;
}
