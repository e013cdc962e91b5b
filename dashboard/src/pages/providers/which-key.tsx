/** Whose key a provider is shown, in the order of what wins. */

import { Link } from "react-router";
import { useGateway } from "@/shell/gateway";

const ORDER: [string, string][] = [
  ["the request's own key", ""],
  ["the alias it asks for", "cf-aig-byok-alias"],
  ["the default key", ""],
  ["the one named default", ""],
  ["none", ""],
];

export function WhichKey() {
  const { gateway } = useGateway();
  const settings = `/gateways/${encodeURIComponent(gateway)}/settings#authentication`;
  return (
    <section
      aria-label="Which key wins"
      className="rounded-lg border border-kumo-line bg-kumo-base px-4 py-3 text-sm text-kumo-subtle"
    >
      <ol className="m-0 flex list-none flex-wrap items-center gap-x-2 gap-y-1 p-0">
        <li className="font-medium text-kumo-default">Which key wins:</li>
        {ORDER.map(([what, how], at) => (
          <li key={what} className="flex items-center gap-2">
            {at > 0 && <span aria-hidden>→</span>}
            <span>
              {what}
              {how && (
                <>
                  {" "}
                  (<code className="font-mono text-xs">{how}</code>)
                </>
              )}
            </span>
          </li>
        ))}
      </ol>
      <p className="m-0 mt-1">
        Stored keys are for callers with an API token, in{" "}
        <code className="font-mono text-xs">cf-aig-authorization</code> or in the key's place. A placeholder such as{" "}
        <code className="font-mono text-xs">undefined</code> is no key;{" "}
        <Link to={settings} className="text-kumo-link underline">
          the settings
        </Link>{" "}
        say what becomes of it. The answer's <code className="font-mono text-xs">torana-credential</code> tells which
        key it was.
      </p>
    </section>
  );
}
