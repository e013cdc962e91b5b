/** Models in rows; only those that are near the window are drawn. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { count } from "@/lib/format";
import type { Model } from "@/pages/models/data";
import { context, rate, speed, wait } from "@/pages/models/shown";
import { Badge } from "@/ui/badge";
import { Placeholder } from "@/ui/loading";

interface ListProps {
  /** Undefined while they are on their way. */
  models: readonly Model[] | undefined;
  compared: readonly string[];
  mostCompared: number;
  onCompare: (id: string) => void;
  hrefOf: (model: Model) => string;
}

const ROW_PX = 60;
const PLACES = 10;
const COLUMNS: [label: string, title: string, width: string][] = [
  ["Context", "Tokens of its window", "w-20"],
  ["Input /M", "USD for 1,000,000 tokens of a prompt, at the cheapest endpoint", "w-22"],
  ["Output /M", "USD for 1,000,000 tokens of an answer, at the cheapest endpoint", "w-24"],
  ["First token", "Half of the streams of the last 30 minutes were quicker", "w-26"],
  ["Speed", "Tokens of an answer a second, in the last 30 minutes", "w-26"],
  ["Asked 24 h", "How often this server asked for it in the last 24 hours", "w-26"],
];

export function List(props: ListProps) {
  const { models } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what stands above it changes with what is shown
  useLayoutEffect(() => setTop(offsetOf(body.current)), [models]);
  const rows = useVirtualizer({
    count: models?.length ?? 0,
    getScrollElement: () => document.getElementById("content"),
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin: top,
  });
  const items = rows.getVirtualItems();
  const above = (items[0]?.start ?? top) - top;
  const below = rows.getTotalSize() - ((items.at(-1)?.end ?? top) - top);
  return (
    <table
      aria-label="Models"
      aria-rowcount={(models?.length ?? PLACES) + 1}
      aria-busy={models === undefined}
      className="w-full table-fixed border-collapse text-sm"
    >
      <Head />
      <tbody ref={body}>
        {above > 0 && <Space height={above} />}
        {models
          ? items.map((item) => {
              const model = models[item.index];
              return model && <Row key={model.id} {...props} model={model} index={item.index} />;
            })
          : Array.from({ length: PLACES }, (_, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: places have nothing else
              <tr key={at} className="border-b border-kumo-hairline" style={{ height: ROW_PX }}>
                <td />
                <td>
                  <Placeholder className="h-4 w-56" />
                </td>
              </tr>
            ))}
        {below > 0 && <Space height={below} />}
      </tbody>
    </table>
  );
}

function Head() {
  return (
    <thead>
      <tr className="h-9 border-b border-kumo-line text-xs text-kumo-subtle">
        <th scope="col" className="w-11 pl-4 text-left font-medium">
          <span className="sr-only">Compare</span>
        </th>
        <th scope="col" className="px-2 text-left font-medium">
          Model
        </th>
        {COLUMNS.map(([label, title, width]) => (
          <th
            key={label}
            scope="col"
            title={title}
            className={`hidden px-2 text-right font-medium last:pr-4 md:table-cell ${width}`}
          >
            {label}
          </th>
        ))}
      </tr>
    </thead>
  );
}

const Space = ({ height }: { height: number }) => (
  <tr aria-hidden>
    {/* Of one cell: on a phone, where most columns are not there, a wider one would make them anew. */}
    <td className="p-0" style={{ height }} />
  </tr>
);

/** From the top of what scrolls. */
function offsetOf(element: HTMLElement | null): number {
  const scrolled = document.getElementById("content");
  if (!element || !scrolled) return 0;
  return element.getBoundingClientRect().top - scrolled.getBoundingClientRect().top + scrolled.scrollTop;
}

interface RowProps extends ListProps {
  model: Model;
  index: number;
}

function Row({ model, index, compared, mostCompared, onCompare, hrefOf }: RowProps) {
  const isCompared = compared.includes(model.id);
  return (
    <tr
      aria-rowindex={index + 2}
      className="relative border-b border-kumo-hairline hover:bg-kumo-tint"
      style={{ height: ROW_PX }}
    >
      <td className="pl-4">
        <input
          type="checkbox"
          aria-label={`Compare ${model.name}`}
          checked={isCompared}
          disabled={!isCompared && compared.length >= mostCompared}
          onChange={() => onCompare(model.id)}
          className="relative z-10 block size-4 cursor-pointer accent-kumo-brand"
        />
      </td>
      <td className="px-2">
        <span className="flex min-w-0 items-center gap-2">
          <Link
            to={hrefOf(model)}
            className="truncate font-medium text-kumo-default no-underline after:absolute after:inset-0"
          >
            {model.name}
          </Link>
          <Marks model={model} />
        </span>
        <span className="block truncate font-mono text-xs text-kumo-subtle">{model.id}</span>
        <span className="tabular block truncate text-xs text-kumo-subtle md:hidden">
          {context(model.context_length)} · {rate(model.input)} in · {rate(model.output)} out /M
        </span>
      </td>
      <Figure>{context(model.context_length)}</Figure>
      <Figure>{rate(model.input)}</Figure>
      <Figure>{rate(model.output)}</Figure>
      <Figure>{wait(model.latency_p50)}</Figure>
      <Figure>{speed(model.throughput_p50)}</Figure>
      <Figure>{count(model.requests_1d || null)}</Figure>
    </tr>
  );
}

const Figure = ({ children }: { children: ReactNode }) => (
  <td className="tabular hidden px-2 text-right whitespace-nowrap last:pr-4 md:table-cell">{children}</td>
);

/** What it takes and gives beside text, and whether it can be asked now. */
function Marks({ model }: { model: Model }) {
  const takes = model.input_modalities.filter((one) => one !== "text");
  const gives = model.output_modalities.filter((one) => one !== "text");
  return (
    <span className="hidden shrink-0 gap-1 sm:flex">
      {!model.is_reached && <Badge title="No key of a provider that serves it is stored">no key</Badge>}
      {model.alias_of && <Badge title={`Stands for ${model.alias_of} now`}>alias</Badge>}
      {takes.length > 0 && (
        <Badge tone="info" title="Takes these beside text">
          {takes.join(", ")}
        </Badge>
      )}
      {gives.length > 0 && (
        <Badge tone="good" title="Gives these">
          {`gives ${gives.join(", ")}`}
        </Badge>
      )}
    </span>
  );
}
