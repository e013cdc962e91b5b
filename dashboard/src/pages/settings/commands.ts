/** The calls and commands that make a gateway what it is on the page. */

import { FIELDS } from "@/pages/settings/fields";
import { type Gateway, same } from "@/pages/settings/gateway";

/** For a POSIX shell. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** All settings, without what nobody sets. */
function settingsOf(gateway: Gateway): Record<string, unknown> {
  return Object.fromEntries(FIELDS.map((field) => [field.name, gateway[field.name]]));
}

export function asCurl(url: string, gateway: Gateway): string {
  const body = JSON.stringify(settingsOf(gateway), null, 2);
  return [
    `curl -X PUT ${url}/client/v4/accounts/${gateway.account_id}/ai-gateway/gateways/${gateway.id} \\`,
    '  --header "Authorization: Bearer $TORANA_TOKEN" \\',
    "  --header 'Content-Type: application/json' \\",
    `  --data ${quoted(body)}`,
  ].join("\n");
}

/** What is at its default need not be said. */
export function asCommand(gateway: Gateway): string {
  const words = FIELDS.filter((field) => !same(gateway[field.name], field.initial)).map((field) => {
    const value = gateway[field.name];
    return quoted(`${field.name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  });
  const head = `torana gateways set ${gateway.id}`;
  if (words.length === 0) return "# Every setting is at its default: there is nothing to set.";
  return [head, ...words.map((word) => `  ${word}`)].join(" \\\n");
}
