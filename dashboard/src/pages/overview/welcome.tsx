/** The first page of a server that nobody called yet. */

import { Button } from "@cloudflare/kumo/components/button";
import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { useMay, useSession } from "@/api/session";
import { Card } from "@/ui/card";
import { Code } from "@/ui/code";

export function Welcome({ gateway }: { gateway: string }) {
  const { url, account_id } = useSession();
  const may = useMay();
  const navigate = useNavigate();
  const base = `${url}/v1/${account_id}/${gateway}`;
  const page = (name: string) => `/gateways/${encodeURIComponent(gateway)}/${name}`;
  return (
    <Card>
      <div className="mx-auto flex max-w-3xl flex-col gap-6 py-4">
        <div>
          <h2 className="m-0 text-lg font-semibold">Your gateway is running. Send it a first request.</h2>
          <p className="m-0 mt-1 text-kumo-subtle">
            Whatever goes through it shows up here: requests, tokens, cost, errors and latency.
          </p>
        </div>
        <ol className="m-0 flex list-none flex-col gap-6 p-0">
          <Step number={1} title="Try it with the model that needs no key">
            <Code label="A request to the embedded model" text={curlOf(base)} />
          </Step>
          <Step number={2} title="Point your own client at it">
            <p className="m-0 mb-2 text-sm text-kumo-subtle">
              The paths are those of your provider; only the host changes. Send your provider's key as ever, or{" "}
              {may("edit") ? <Link to={page("providers")}>keep it here</Link> : "have an editor keep it here"}.
            </p>
            <Code label="The base URL for OpenAI's SDK" text={`${base}/openai`} />
            <p className="m-0 mt-2 text-sm text-kumo-subtle">
              <Link to={page("start")}>Quick start</Link> has this for every provider, SDK and coding agent.
            </p>
          </Step>
          <Step number={3} title="See what came of it">
            <p className="m-0 text-sm text-kumo-subtle">
              This page turns into the overview by itself. Each request has its entry in{" "}
              <Link to={page("logs")}>Logs</Link>, with what was asked, what was answered and what it cost.
            </p>
          </Step>
        </ol>
        <div className="flex flex-wrap gap-2">
          <Button variant="primary" onClick={() => navigate(page("start"))}>
            Open Quick start
          </Button>
          {may("edit") && <Button onClick={() => navigate("/playground")}>Try it in the Playground</Button>}
        </div>
      </div>
    </Card>
  );
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <li className="flex gap-3">
      <span
        aria-hidden
        className="flex size-7 shrink-0 items-center justify-center rounded-full bg-kumo-brand text-sm font-semibold text-white"
      >
        {number}
      </span>
      <div className="min-w-0 flex-1 pt-0.5">
        <h3 className="m-0 mb-2 text-sm font-semibold">{title}</h3>
        {children}
      </div>
    </li>
  );
}

const curlOf = (base: string) => `curl ${base}/local/v1/chat/completions \\
  --header 'content-type: application/json' \\
  --data '{"model": "smollm2-135m-instruct", "max_tokens": 40,
           "messages": [{"role": "user", "content": "What is Cloudflare?"}]}'`;
