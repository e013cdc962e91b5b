/** The catalogue: what can be asked here, what could be with another key, and how they compare. */

import { Button } from "@cloudflare/kumo/components/button";
import { ScalesIcon } from "@phosphor-icons/react/Scales";
import { useMemo } from "react";
import { useSearchParams } from "react-router";
import { plural } from "@/lib/format";
import { useUrlChange } from "@/lib/url-state";
import { Compare } from "@/pages/models/compare";
import { type Model, useModels } from "@/pages/models/data";
import { Filters } from "@/pages/models/filters";
import { useModelsGateway } from "@/pages/models/gateway";
import { List } from "@/pages/models/list";
import { countFilters, FILTERS, readWishes, shownOf } from "@/pages/models/wishes";
import { Card } from "@/ui/card";
import { Choice } from "@/ui/choice";
import { Empty } from "@/ui/empty";
import { LinkButton } from "@/ui/link-button";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";

export const MOST_COMPARED = 4;
const ALONE = 1;

export default function Models() {
  const [query] = useSearchParams();
  const change = useUrlChange();
  const { gateway, options, choose } = useModelsGateway();
  const found = useModels(gateway);
  const all = found.data?.result;
  const wishes = useMemo(() => readWishes(query), [query]);
  const shown = useMemo(() => all && shownOf(all, wishes), [all, wishes]);
  const compared = (query.get("compare") ?? "").split(",").filter(Boolean).slice(0, MOST_COMPARED);
  const toggle = (id: string) => {
    const after = compared.includes(id) ? compared.filter((one) => one !== id) : [...compared, id];
    change({ compare: after.join(",") || null });
  };
  const reached = all?.filter((one) => one.is_reached).length ?? 0;
  return (
    <Page
      title="Models"
      about="Prices are USD for 1,000,000 tokens at the cheapest endpoint. How quick they are is what this server measured."
      actions={
        <>
          {options.length > 1 && <Choice label="Gateway" value={gateway} options={options} onChange={choose} />}
          <Button
            icon={<ScalesIcon />}
            disabled={compared.length < 2}
            title={compared.length < 2 ? "Choose two to four models in the list first" : undefined}
            onClick={() => change({ show: "compare" }, { replace: false })}
          >
            {compared.length ? `Compare (${compared.length})` : "Compare"}
          </Button>
        </>
      }
    >
      {found.error && !all ? (
        <Problem error={found.error} onRetry={() => found.refetch()} />
      ) : (
        <>
          <Filters models={all ?? []} wishes={wishes} />
          {all && wishes.isReached && reached <= ALONE && <FewReached all={all} gateway={gateway} />}
          <p role="status" className="m-0 -mb-2 text-xs text-kumo-subtle">
            {all && shown ? `${shown.length} of ${plural(all.length, "model")}, ${reached} within reach` : "Loading…"}
          </p>
          <Card isFlush>
            {shown?.length === 0 ? (
              <None isEmpty={all?.length === 0} hasFilters={countFilters(query) > 0} isReached={wishes.isReached} />
            ) : (
              <List
                models={shown}
                compared={compared}
                mostCompared={MOST_COMPARED}
                onCompare={toggle}
                hrefOf={(model) => hrefOf(model, gateway)}
              />
            )}
          </Card>
          <p className="m-0 text-xs text-kumo-subtle">
            <code>torana models sync</code> gets a newer list; the setting <code>models</code> names a file of models of
            your own.
          </p>
        </>
      )}
      {query.get("show") === "compare" && compared.length > 1 && (
        <Compare ids={compared} gateway={gateway} onClose={() => change({ show: null })} />
      )}
    </Page>
  );
}

const hrefOf = (model: Model, gateway: string): string =>
  `/models/${model.id.split("/").map(encodeURIComponent).join("/")}?gateway=${encodeURIComponent(gateway)}`;

/** Nearly nothing can be asked: how that is changed. */
function FewReached({ all, gateway }: { all: readonly Model[]; gateway: string }) {
  const change = useUrlChange();
  return (
    <Card>
      <Empty
        title="Only what needs no key can be asked now"
        about={
          <>
            Store a key of a provider in the gateway {gateway}, and its models are here. Nothing else has to be
            configured: prices and abilities of {all.length} models are known already.
          </>
        }
        action={
          <span className="flex flex-wrap justify-center gap-2">
            <LinkButton to={`/gateways/${encodeURIComponent(gateway)}/providers`} variant="primary">
              Store a key
            </LinkButton>
            <Button onClick={() => change({ reach: "all" })}>Show all {all.length}</Button>
          </span>
        }
      />
    </Card>
  );
}

function None({ isEmpty, hasFilters, isReached }: { isEmpty: boolean; hasFilters: boolean; isReached: boolean }) {
  const change = useUrlChange();
  if (isEmpty) {
    return (
      <Empty
        title="No model is known"
        about={
          <>
            The file of models hides them all. Look at the setting <code>models</code>, or get a list with{" "}
            <code>torana models sync</code>.
          </>
        }
      />
    );
  }
  return (
    <Empty
      title="No model fits"
      about={isReached ? "Among those that your keys reach there is none like that." : "There is none like that."}
      action={
        <span className="flex flex-wrap justify-center gap-2">
          {hasFilters && (
            <Button onClick={() => change(Object.fromEntries(FILTERS.map((name) => [name, null])))}>
              Reset the filters
            </Button>
          )}
          {isReached && <Button onClick={() => change({ reach: "all" })}>Look among all that are known</Button>}
        </span>
      }
    />
  );
}
