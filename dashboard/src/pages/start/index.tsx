/** How a client reaches this gateway, ready to paste; and a request that shows that it works. */

import { useMemo } from "react";
import { useUrlState } from "@/lib/url-state";
import { AskChoices } from "@/pages/start/ask-choices";
import { SnippetCard } from "@/pages/start/snippet-card";
import { type Snippet, snippetsOf } from "@/pages/start/snippets";
import { TestRequest } from "@/pages/start/test-request";
import { useAsk } from "@/pages/start/use-ask";
import { useGateway } from "@/shell/gateway";
import { Loading } from "@/ui/loading";
import { Page } from "@/ui/page";

export default function Start() {
  const { gateway } = useGateway();
  const { ask, change, lacking, isPending } = useAsk();
  const [client, setClient] = useUrlState("client", "curl");
  const snippets = useMemo(() => snippetsOf(ask), [ask]);
  const shown = snippets.find((one) => one.id === client) ?? snippets[0];
  return (
    <Page
      title="Quick start"
      about={`Change the base URL of the client that you have, and it calls through the gateway ${gateway}: logged, counted and limited as its settings say.`}
    >
      <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_25rem]">
        <section
          aria-label="Snippets"
          className="flex min-w-0 flex-col gap-4 rounded-lg border border-kumo-line bg-kumo-base p-4"
        >
          {isPending ? (
            <Loading />
          ) : (
            <>
              <AskChoices ask={ask} lacking={lacking} onChange={change} />
              <Clients snippets={snippets} current={shown?.id ?? ""} onChoose={setClient} />
              {shown && <SnippetCard snippet={shown} />}
            </>
          )}
        </section>
        <TestRequest />
      </div>
    </Page>
  );
}

interface ClientsProps {
  snippets: Snippet[];
  current: string;
  onChoose: (id: string) => void;
}

/** All at once to see, on a phone too. */
function Clients({ snippets, current, onChoose }: ClientsProps) {
  return (
    <fieldset className="m-0 flex flex-wrap gap-1.5 border-0 p-0">
      <legend className="mb-1 p-0 text-sm font-medium">Client</legend>
      {snippets.map(({ id, label }) => (
        <button
          key={id}
          type="button"
          aria-pressed={id === current}
          onClick={() => onChoose(id)}
          className={`cursor-pointer rounded-md border px-2.5 py-1 text-sm ${
            id === current
              ? "border-kumo-brand bg-kumo-tint font-medium text-kumo-brand"
              : "border-kumo-line bg-kumo-control text-kumo-default hover:bg-kumo-tint"
          }`}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}
