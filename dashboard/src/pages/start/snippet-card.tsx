/** One snippet with what it needs before it runs. */

import { Button } from "@cloudflare/kumo/components/button";
import { useState } from "react";
import { Link } from "react-router";
import { refresh, client as server } from "@/api/client";
import { useMay } from "@/api/session";
import type { Snippet } from "@/pages/start/snippets";
import { TOKEN } from "@/pages/start/snippets/way";
import { useGateway } from "@/shell/gateway";
import { Code } from "@/ui/code";
import { useNotify } from "@/ui/notices";

const ROUTER_KEY = "ROUTER_KEY";
const ANYTHING = "TORANA_KEY";
const VALUES: Record<string, string> = { [ROUTER_KEY]: "sk-or-v1-…", [ANYTHING]: "none" };

export function SnippetCard({ snippet }: { snippet: Snippet }) {
  const [token, setToken] = useState("");
  const needsToken = snippet.vars.includes(TOKEN);
  const before = [
    ...(snippet.install ? [snippet.install] : []),
    ...snippet.vars.map((name) => `export ${name}=${name === TOKEN ? token || "torana_…" : (VALUES[name] ?? "…")}`),
  ];
  return (
    <div className="flex min-w-0 flex-col gap-3">
      {before.length > 0 && (
        <>
          <Code text={before.join("\n")} label="What is needed before" title="Before" isUnbroken />
          {needsToken && <TokenHint token={token} onToken={setToken} />}
          {snippet.vars.includes(ROUTER_KEY) && (
            <p className="m-0 text-sm text-kumo-subtle">
              A key of the router is made on{" "}
              <Link to="/keys?create=key" className="text-kumo-link underline">
                Keys and credits
              </Link>
              ; models are those that stored keys reach.
            </p>
          )}
        </>
      )}
      <Code
        text={snippet.text}
        label={`Snippet for ${snippet.label}`}
        most="max-h-[36rem]"
        title={snippet.file ?? snippet.label}
        isUnbroken
      />
      {snippet.notes.map((note) => (
        <p key={note} className="m-0 text-sm text-kumo-subtle">
          {note}
        </p>
      ))}
    </div>
  );
}

interface TokenHintProps {
  token: string;
  onToken: (token: string) => void;
}

/** A token is shown once: it stays on this page until somebody leaves it. */
function TokenHint({ token, onToken }: TokenHintProps) {
  const { account, gateway } = useGateway();
  const may = useMay();
  const notify = useNotify();
  const [isBusy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    try {
      const made = await server.POST("/client/v4/accounts/{account_id}/tokens", {
        params: { path: { account_id: account } },
        body: { name: `quick start of ${gateway}`, permissions: ["run"], gateways: [gateway], expires_on: null },
      });
      onToken(made.data?.result.value ?? "");
      notify.done("The token is made", "It stands above, and is shown this once.");
      await refresh();
    } catch (error) {
      notify.problem("No token is made", error);
    } finally {
      setBusy(false);
    }
  };
  if (token) {
    return (
      <p className="m-0 text-sm text-kumo-subtle">
        This token may call {gateway} and nothing else. It is not shown again; revoke it on{" "}
        <Link to="/tokens" className="text-kumo-link underline">
          Tokens
        </Link>
        .
      </p>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm text-kumo-subtle">
      {may("edit") ? (
        <>
          <Button size="sm" onClick={make} loading={isBusy}>
            Make a token for this
          </Button>
          <span>
            or take one of yours:{" "}
            <Link to="/tokens" className="text-kumo-link underline">
              Tokens
            </Link>
          </span>
        </>
      ) : (
        <span>An editor makes you a token with the permission run.</span>
      )}
    </div>
  );
}
