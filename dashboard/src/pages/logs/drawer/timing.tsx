/** How the time went, attempt by attempt, and what the answer cost, part by part. */

import { exact, perMillion, usd } from "@/lib/format";
import { sourceOf } from "@/pages/logs/drawer/figures";
import { Waterfall } from "@/pages/logs/drawer/waterfall";
import type { CostPart, Trace } from "@/pages/logs/types";

export function Timing({ log }: { log: Trace }) {
  return (
    <div className="flex flex-col gap-6">
      <section aria-labelledby="attempts">
        <h3 id="attempts" className="m-0 mb-2 text-sm font-semibold">
          Attempts
        </h3>
        <Waterfall log={log} />
      </section>
      <section aria-labelledby="cost">
        <h3 id="cost" className="m-0 mb-2 text-sm font-semibold">
          Cost
        </h3>
        <Costs log={log} />
      </section>
    </div>
  );
}

/** In the order in which they are shown. */
const PARTS: Record<string, string> = {
  input: "Input",
  cached_input: "Input read from the provider's cache",
  cache_write: "Input written to the provider's cache",
  cache_write_1h: "Input written to the provider's cache for an hour",
  audio_input: "Audio in",
  output: "Output",
  reasoning: "Reasoning",
  audio_output: "Audio out",
  request: "Per request",
};

const nameOf = (part: string) => PARTS[part] ?? part.replaceAll("_", " ");
const PLACES = Object.keys(PARTS);
const inOrder = (parts: CostPart[]) =>
  [...parts].sort((one, other) => PLACES.indexOf(one.part) - PLACES.indexOf(other.part));

function Costs({ log }: { log: Trace }) {
  if (log.cost_details.length === 0) return <p className="m-0 text-sm text-kumo-subtle">{whyNone(log)}</p>;
  return (
    <div className="overflow-x-auto rounded-md border border-kumo-line">
      <table className="tabular w-full border-collapse text-sm">
        <thead>
          <tr className="border-b border-kumo-line text-xs text-kumo-subtle">
            <th scope="col" className="px-3 py-1.5 text-left font-medium">
              Part
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              Units
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              Price
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {inOrder(log.cost_details).map((one) => (
            <tr key={one.part} className="border-b border-kumo-hairline">
              <th scope="row" className="px-3 py-1.5 text-left font-normal">
                {nameOf(one.part)}
              </th>
              <td className="px-3 py-1.5 text-right">{exact(one.units)}</td>
              <td className="px-3 py-1.5 text-right">{priceOf(one)}</td>
              <td className="px-3 py-1.5 text-right">{usd(one.cost)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="font-medium">
            <th scope="row" colSpan={3} className="px-3 py-1.5 text-left font-medium">
              Total, {sourceOf(log)}
            </th>
            <td className="px-3 py-1.5 text-right">{usd(log.cost)}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

/** Prices of tokens are compared per million. */
const priceOf = (one: CostPart) => (one.part === "request" ? usd(one.unit_price) : perMillion(one.unit_price));

function whyNone(log: Trace): string {
  if (log.cost_details_missing === "cached") return "The answer came from the cache: nothing was paid for it.";
  if (log.cost === null) return `The cost is unknown: ${sourceOf(log)}.`;
  const sum = `${usd(log.cost)}, ${sourceOf(log)}`;
  if (log.cost_details_missing === "other_prices") {
    return `${sum}. The prices of now come to another sum, so its parts are not told.`;
  }
  return `${sum}, as a sum without parts.`;
}
