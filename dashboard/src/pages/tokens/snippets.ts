/** What a new token is good for, ready to paste. */

import type { Permission } from "@/pages/tokens/permissions";

interface Shown {
  url: string;
  account: string;
  gateway: string;
  token: string;
  may: readonly Permission[];
}

export function snippetsFor({ url, account, gateway, token, may }: Shown): [name: string, text: string][] {
  const root = url.replace(/\/$/, "");
  const found: [string, string][] = [];
  if (may.includes("run")) {
    found.push([
      "Call a model",
      [
        `curl ${root}/v1/${account}/${gateway}/compat/chat/completions \\`,
        `  --header 'cf-aig-authorization: Bearer ${token}' \\`,
        `  --header 'Content-Type: application/json' \\`,
        `  --data '{"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}'`,
      ].join("\n"),
    ]);
  }
  if (may.some((name) => name !== "run")) {
    found.push([
      "Read logs",
      [
        `curl '${root}/client/v4/accounts/${account}/ai-gateway/gateways/${gateway}/logs?per_page=5' \\`,
        `  --header 'Authorization: Bearer ${token}'`,
      ].join("\n"),
    ]);
  }
  found.push([
    "Check it",
    `curl ${root}/client/v4/accounts/${account}/tokens/verify \\\n  --header 'Authorization: Bearer ${token}'`,
  ]);
  return found;
}
