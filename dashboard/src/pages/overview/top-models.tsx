import type { Answer } from "@/api/analytics";
import { count, usd } from "@/lib/format";
import { Bars } from "@/ui/bars";
import { Card } from "@/ui/card";
import { Empty } from "@/ui/empty";
import { Placeholder } from "@/ui/loading";

/** By cost; by requests where nothing cost anything that is known. */
export function TopModels({ models, hrefOf }: { models: Answer | undefined; hrefOf?: (model: string) => string }) {
  const isPriced = (models?.totals.cost ?? 0) > 0;
  const metric = isPriced ? "cost" : "requests";
  const bars = (models?.rows ?? []).map((row) => {
    const model = String(row.dimensions.model);
    return { name: model || "(none named)", value: row.metrics[metric] ?? 0, to: hrefOf?.(model) };
  });
  return (
    <Card title={isPriced ? "Top models by cost" : "Top models by requests"}>
      {!models ? (
        <div className="flex flex-col gap-3">
          <Placeholder className="h-5 w-full" />
          <Placeholder className="h-5 w-3/4" />
          <Placeholder className="h-5 w-1/2" />
        </div>
      ) : bars.length > 0 ? (
        <Bars bars={bars.sort((one, other) => other.value - one.value)} format={isPriced ? usd : count} />
      ) : (
        <Empty title="No requests" about="The models that are called most show up here." />
      )}
    </Card>
  );
}
