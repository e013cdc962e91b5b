/** Header fields of a provider: rows to a person, a JSON object as text to the API. */

export interface HeaderRow {
  /** Of the row, which outlives changes of its name. */
  id: number;
  name: string;
  value: string;
}

/** Stands for a value that the server shows to nobody; sent back, it changes nothing. */
export const HIDDEN = "***";

export function rowsOf(text: string | null): HeaderRow[] {
  if (!text) return [];
  const found = JSON.parse(text) as Record<string, string>;
  return Object.entries(found).map(([name, value], id) => ({ id, name, value }));
}

/** Null where there are none. Error where two have one name: an object keeps one of them alone. */
export function textOf(rows: readonly HeaderRow[]): string | null {
  const named = rows.map((row) => ({ ...row, name: row.name.trim() })).filter((row) => row.name || row.value);
  const nameless = named.find((row) => !row.name);
  if (nameless) throw new Error(`The header with the value ${nameless.value} needs a name.`);
  const names = new Set<string>();
  for (const { name } of named) {
    if (names.has(name.toLowerCase())) throw new Error(`The header ${name} is there twice.`);
    names.add(name.toLowerCase());
  }
  return named.length ? JSON.stringify(Object.fromEntries(named.map((row) => [row.name, row.value]))) : null;
}

export const nextRow = (rows: readonly HeaderRow[]): HeaderRow => ({
  id: Math.max(-1, ...rows.map((row) => row.id)) + 1,
  name: "",
  value: "",
});
