/** What a key is for each provider: a word that goes into a header, or the parts that requests are signed with. */

export type Shape = "plain" | "aws" | "google";

export interface SecretDraft {
  shape: Shape;
  /** A key, or the file of a service account. */
  text: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  region: string;
}

export const SHAPES: Record<string, [Shape, string][]> = {
  "aws-bedrock": [
    ["aws", "Access key of AWS"],
    ["plain", "API key of Bedrock"],
  ],
  "google-vertex-ai": [
    ["google", "Service account"],
    ["plain", "Access token or API key"],
  ],
};

export const emptySecret = (slug: string): SecretDraft => ({
  shape: SHAPES[slug]?.[0]?.[0] ?? "plain",
  text: "",
  accessKeyId: "",
  secretAccessKey: "",
  sessionToken: "",
  region: "",
});

const LONGEST = 16 << 10;
const ALIAS = /^[A-Za-z0-9_.-]{1,64}$/;

/** By field; empty where it can be sent. */
export function problemsOfSecret(draft: SecretDraft): Record<string, string> {
  const found: Record<string, string> = {};
  if (draft.shape === "aws") {
    if (!draft.accessKeyId.trim()) found.accessKeyId = "It is needed to sign requests";
    if (!draft.secretAccessKey.trim()) found.secretAccessKey = "It is needed to sign requests";
    return found;
  }
  const text = draft.text.trim();
  if (!text) found.text = draft.shape === "google" ? "Paste the file, or choose it" : "Type or paste the key";
  else if (text.length > LONGEST) found.text = "It is longer than any key";
  else if (draft.shape === "google") {
    const account = readAccount(text);
    if (!account?.client_email || !account.private_key)
      found.text = "A service account has client_email and private_key";
  } else if (!/^[\x21-\x7e]+$/.test(text)) found.text = "A key is one word, without spaces and accents";
  return found;
}

interface Account {
  client_email?: unknown;
  private_key?: unknown;
}

function readAccount(text: string): Account | null {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && !Array.isArray(found) ? found : null;
  } catch {
    return null;
  }
}

/** As the server takes it. */
export function secretOf(draft: SecretDraft): string {
  const region = draft.region.trim();
  if (draft.shape === "aws") {
    return JSON.stringify({
      accessKeyId: draft.accessKeyId.trim(),
      secretAccessKey: draft.secretAccessKey.trim(),
      ...(region && { region }),
      ...(draft.sessionToken.trim() && { sessionToken: draft.sessionToken.trim() }),
    });
  }
  if (draft.shape === "google") return JSON.stringify({ ...readAccount(draft.text), ...(region && { region }) });
  return draft.text.trim();
}

export function problemOfAlias(alias: string, taken: readonly string[]): string | null {
  if (!ALIAS.test(alias)) return "1 to 64 letters, digits, _, . and -";
  return taken.includes(alias) ? "Another key of this provider has this alias" : null;
}

export function problemOfLimit(limit: number | null, period: number | null): string | null {
  if (limit === null) return null;
  if (!Number.isSafeInteger(limit) || limit < 0) return "A whole number of requests";
  return Number.isSafeInteger(period) && (period ?? 0) > 0 ? null : "1 second or more, in whole seconds";
}

const IN_HEADER: Record<string, (key: string) => string> = {
  anthropic: (key) => `x-api-key: ${key}`,
  "google-ai-studio": (key) => `x-goog-api-key: ${key}`,
  "azure-openai": (key) => `api-key: ${key}`,
  ideogram: (key) => `api-key: ${key}`,
  cartesia: (key) => `x-api-key: ${key}`,
  parallel: (key) => `x-api-key: ${key}`,
  elevenlabs: (key) => `xi-api-key: ${key}`,
  fal: (key) => `Authorization: Key ${key}`,
  deepgram: (key) => `Authorization: Token ${key}`,
};

/** The header that a request's own key for a provider goes into. */
export function keyHeader(slug: string, key: string): string {
  return IN_HEADER[slug]?.(key) ?? `Authorization: Bearer ${key}`;
}
