/** How many logs fit, in which order they stand, and whether more come in. */

import { exact } from "@/lib/format";
import { TAIL_MS } from "@/pages/logs/list/use-tail";
import type { Total } from "@/pages/logs/list/windows";
import { type Direction, ORDERS, type Order, type Selection } from "@/pages/logs/selection";
import { LiveSwitch } from "@/ui/live-switch";
import { Placeholder } from "@/ui/loading";

interface CountLineProps {
  total: Total | null;
  selection: Selection;
  onOrder: (order: Order, direction: Direction) => void;
  isLive: boolean;
  onLive: (isLive: boolean) => void;
}

const WORDS: Record<Order, [string, string]> = {
  created_at: ["Newest first", "Oldest first"],
  duration: ["Slowest first", "Fastest first"],
  cost: ["Most expensive first", "Cheapest first"],
  tokens_in: ["Most tokens in", "Fewest tokens in"],
  tokens_out: ["Most tokens out", "Fewest tokens out"],
  provider: ["Provider, Z to A", "Provider, A to Z"],
  model: ["Model, Z to A", "Model, A to Z"],
  success: ["Successful first", "Failed first"],
  cached: ["Cached first", "Cached last"],
  feedback: ["Best rated first", "Worst rated first"],
};
const ORDER_CHOICES = ORDERS.flatMap(([order]) =>
  (["desc", "asc"] as const).map((direction, at) => ({ order, direction, label: WORDS[order][at] ?? order })),
);

export function CountLine({ total, selection, onOrder, isLive, onLive }: CountLineProps) {
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-kumo-line px-3 py-1.5">
      <p role="status" className="tabular m-0 text-sm font-medium">
        {total ? countWords(total) : <Placeholder className="h-4 w-24" />}
      </p>
      <div className="flex flex-wrap items-center gap-2">
        <label>
          <span className="sr-only">Order</span>
          <select
            value={`${selection.order} ${selection.direction}`}
            onChange={(event) => {
              const chosen = ORDER_CHOICES.find((one) => `${one.order} ${one.direction}` === event.target.value);
              if (chosen) onOrder(chosen.order, chosen.direction);
            }}
            className="h-9 cursor-pointer rounded-md border border-kumo-line bg-kumo-control px-2 text-sm text-kumo-default"
          >
            {ORDER_CHOICES.map(({ order, direction, label }) => (
              <option key={label} value={`${order} ${direction}`}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <LiveSwitch live={{ isOn: isLive, everyMs: TAIL_MS, isPossible: true, set: onLive }} />
      </div>
    </div>
  );
}

function countWords({ count, isExact }: Total): string {
  return `${isExact ? "" : "At least "}${exact(count)} ${count === 1 ? "log" : "logs"}`;
}
