/** A conversation, whichever format it was sent in. */

export type Role = "system" | "user" | "assistant" | "tool" | "error";

export type Part =
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "refusal"; text: string }
  /** `url` is null where only a reference was sent, which `name` tells. */
  | { kind: "image"; url: string | null; name: string }
  | { kind: "audio"; url: string | null; name: string }
  | { kind: "file"; name: string; type: string }
  | { kind: "call"; id: string; name: string; given: string }
  | { kind: "result"; id: string; name: string; isError: boolean; parts: Part[] }
  /** Something that is not known: as JSON. */
  | { kind: "other"; name: string; json: string };

export interface Turn {
  role: Role;
  /** Beside the role: a name, why it ended. */
  notes: string[];
  parts: Part[];
}

export interface Tool {
  name: string;
  about: string;
  /** JSON. */
  schema: string;
}

/** A request or an answer. */
export interface Said {
  turns: Turn[];
  tools: Tool[];
  /** Temperature and the like. */
  settings: [string, string][];
}

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** As it is where it is text, else as JSON in lines; a JSON text in lines too. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

export function dataUrl(type: unknown, data: unknown): string | null {
  return typeof data === "string" && data !== "" ? `data:${textOf(type) || "image/png"};base64,${data}` : null;
}

/** What a page may show: pictures that came along, and those that stand on the web. */
export function pictureUrl(url: unknown): string | null {
  return typeof url === "string" && /^(https:\/\/|data:image\/)/i.test(url) ? url : null;
}
