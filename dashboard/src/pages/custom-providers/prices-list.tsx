/** What the models of a provider cost: rules, of which the heaviest that fits holds. */

import { Button } from "@cloudflare/kumo/components/button";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { useState } from "react";
import { api, client, refresh } from "@/api/client";
import { useSession } from "@/api/session";
import { perMillion, UNKNOWN } from "@/lib/format";
import { PriceForm } from "@/pages/custom-providers/price-form";
import { type Cost, KINDS, pricingOf, ruleWords } from "@/pages/custom-providers/prices";
import type { Provider } from "@/pages/custom-providers/types";
import { Badge } from "@/ui/badge";
import { Confirm } from "@/ui/confirm";
import { Empty } from "@/ui/empty";
import { useNotify } from "@/ui/notices";
import { Problem } from "@/ui/problem";
import { RowMenu } from "@/ui/row-menu";
import { type Column, Table } from "@/ui/table";

const MOST = 100;

type Doing = { what: "create" } | { what: "edit" | "delete"; cost: Cost } | null;

export function Prices({ provider, mayEdit }: { provider: Provider; mayEdit: boolean }) {
  const { account_id } = useSession();
  const [doing, setDoing] = useState<Doing>(null);
  const costs = api.useQuery("get", "/client/v4/accounts/{account_id}/ai-gateway/custom-providers/costs", {
    params: { path: { account_id }, query: { account_provider_id: provider.id, per_page: MOST } },
  });
  const close = () => setDoing(null);
  const rows = costs.data && [...costs.data.result].sort((one, other) => other.weight - one.weight);
  return (
    <section>
      <div className="mb-2 flex flex-wrap items-end justify-between gap-2">
        <div className="min-w-0 flex-1 basis-64">
          <h3 className="m-0 text-sm font-semibold">Prices</h3>
          <p className="m-0 mt-0.5 text-xs leading-normal text-kumo-subtle">
            USD a million tokens, read from top to bottom: the first that fits a model holds, for logs from then on.
          </p>
        </div>
        {mayEdit && (
          <Button size="sm" icon={<PlusIcon />} onClick={() => setDoing({ what: "create" })}>
            Add a price
          </Button>
        )}
      </div>
      {costs.isError ? (
        <Problem error={costs.error} onRetry={() => costs.refetch()} />
      ) : (
        <div className="overflow-x-auto rounded-lg border border-kumo-line">
          <Table
            label={`Prices of ${provider.name}`}
            columns={mayEdit ? [...COLUMNS, actionsOf(setDoing)] : COLUMNS}
            rows={rows}
            keyOf={(cost) => cost.id}
            empty={
              <Empty
                title="No price yet"
                about="Without one, its requests are logged with their tokens and without a cost, and spend limits do not see them."
              />
            }
          />
        </div>
      )}
      {doing?.what === "create" && <PriceForm provider={provider} cost={null} onClose={close} />}
      {doing?.what === "edit" && <PriceForm provider={provider} cost={doing.cost} onClose={close} />}
      {doing?.what === "delete" && <Removal cost={doing.cost} onClose={close} />}
    </section>
  );
}

const COLUMNS: Column<Cost>[] = [
  {
    key: "model",
    label: "Model",
    cell: (cost) => (
      <span className="whitespace-nowrap">
        <span className="text-kumo-subtle">{ruleWords(cost.model_rule)}</span> <code>{cost.model}</code>{" "}
        {!cost.enable && <Badge>off</Badge>}
      </span>
    ),
  },
  { key: "in", label: "Input", isNumber: true, cell: (cost) => perMillion(cost.cost_in) },
  { key: "out", label: "Output", isNumber: true, cell: (cost) => perMillion(cost.cost_out) },
  {
    key: "kinds",
    label: "Other kinds",
    cell: (cost) => {
      const rates = Object.entries(pricingOf(cost));
      return rates.length
        ? rates.map(([kind, rate]) => (
            <span key={kind} className="block text-xs whitespace-nowrap">
              {KINDS.find(([name]) => name === kind)?.[1] ?? kind}: {perMillion(rate)}
            </span>
          ))
        : UNKNOWN;
    },
  },
];

function actionsOf(onDo: (doing: Doing) => void): Column<Cost> {
  return {
    key: "actions",
    label: "",
    isNumber: true,
    cell: (cost) => (
      <RowMenu
        of={`the price of ${cost.model}`}
        actions={[
          { label: "Change…", run: () => onDo({ what: "edit", cost }) },
          { label: "Delete…", run: () => onDo({ what: "delete", cost }), isDangerous: true },
        ]}
      />
    ),
  };
}

function Removal({ cost, onClose }: { cost: Cost; onClose: () => void }) {
  const { account_id } = useSession();
  const notify = useNotify();
  const remove = async () => {
    try {
      await client.DELETE("/client/v4/accounts/{account_id}/ai-gateway/custom-providers/costs/{cost_id}", {
        params: { path: { account_id, cost_id: cost.id } },
      });
      notify.done(`The price of ${cost.model} is deleted`);
      await refresh();
    } catch (error) {
      notify.problem(`The price of ${cost.model} is not deleted`, error);
    }
    onClose();
  };
  return (
    <Confirm
      title={`Delete the price of ${cost.model}?`}
      action="Delete the price"
      onConfirm={remove}
      onClose={onClose}
    >
      Logs that it priced keep their costs. Those to come are priced by the next rule that fits, or not at all.
    </Confirm>
  );
}
