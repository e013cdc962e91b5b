/** A chart over time: hover reads it, a drag zooms, a click opens what is behind a point; a table says the same. */

import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import { moment } from "@/lib/format";
import { useIsDark } from "@/lib/use-theme";
import type { ChartProps, Series } from "@/ui/chart-props";
import { Placeholder } from "@/ui/loading";
import { SeriesTable } from "@/ui/series-table";

const HEIGHT = 220;
const PALETTE = 8;
export const colourOf = (index: number) => `var(--chart-${(index % PALETTE) + 1})`;
const SMALLEST_DRAG_PX = 8;

export function Chart(props: ChartProps) {
  const [isTable, setTable] = useState(false);
  return (
    <figure className="m-0" aria-label={props.label}>
      {props.isPending ? (
        <div style={{ height: props.height ?? HEIGHT }} aria-busy>
          <Placeholder className="h-full w-full opacity-50" />
        </div>
      ) : isTable ? (
        <SeriesTable {...props} />
      ) : (
        <Drawing {...props} />
      )}
      <figcaption className="mt-1 flex flex-wrap items-center justify-between gap-x-4 gap-y-1 text-xs text-kumo-subtle">
        <span className="w-full min-w-0 sm:w-auto sm:flex-1">
          {props.series.length > 1 && !props.hasNoLegend && <Legend series={props.series} />}
        </span>
        <button
          type="button"
          className="cursor-pointer border-0 bg-transparent p-0 text-xs text-kumo-subtle underline"
          onClick={() => setTable(!isTable)}
        >
          {isTable ? "Show the chart" : "Show as a table"}
        </button>
      </figcaption>
    </figure>
  );
}

/** Which colour is what. */
export function Legend({ series }: { series: Pick<Series, "label" | "colour">[] }) {
  return (
    <span className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-kumo-subtle">
      {series.map((one, index) => (
        <span key={one.label} className="flex items-center gap-1.5">
          <i
            className="inline-block size-2.5 rounded-sm"
            style={{ background: one.colour ?? colourOf(index) }}
            aria-hidden
          />
          {one.label}
        </span>
      ))}
    </span>
  );
}

function Drawing(props: ChartProps) {
  const { times, series, isStacked = false, height = HEIGHT, label } = props;
  const frame = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const isDark = useIsDark();
  const data = useMemo(() => toData({ times, series, isStacked }), [times, series, isStacked]);
  const shape = `${series.map((one) => one.label + (one.colour ?? "")).join("|")}|${props.kind}|${isStacked}|${isDark}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew for another shape; other data go in below
  useEffect(() => {
    const place = frame.current;
    if (!place) return;
    const sized = new ResizeObserver(() => plot.current?.setSize({ width: place.clientWidth, height }));
    const make = () => {
      plot.current = new uPlot(optionsOf(latest, tip, place), toData(latest.current), place);
      sized.observe(place);
    };
    const cancel = afterPaint(make);
    return () => {
      cancel();
      sized.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, height]);
  useEffect(() => plot.current?.setData(data), [data]);
  return (
    <div className="relative" role="img" aria-label={label}>
      <div ref={frame} style={{ height }} />
      <div
        ref={tip}
        hidden
        className="pointer-events-none absolute top-1 z-10 max-w-72 rounded-md border border-kumo-line bg-kumo-base px-2.5 py-1.5 text-xs shadow-md"
      />
    </div>
  );
}

/** The figures beside a chart are to be seen before it is drawn, which takes longer. */
function afterPaint(act: () => void): () => void {
  let timer = 0;
  const frame = requestAnimationFrame(() => {
    timer = window.setTimeout(act);
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

/** Stacked series are drawn from the highest down, each filled to the bottom. */
function toData({ times, series, isStacked }: Pick<ChartProps, "times" | "series" | "isStacked">): uPlot.AlignedData {
  if (!isStacked) return [times, ...series.map((one) => one.values)];
  const sums: number[] = times.map(() => 0);
  const layers = series.map((one) => one.values.map((value, at) => (sums[at] = (sums[at] ?? 0) + (value ?? 0))));
  return [times, ...layers];
}

function resolved(colour: string, place: HTMLElement): string {
  const probe = document.createElement("i");
  probe.style.color = colour;
  place.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function optionsOf(
  latest: { current: ChartProps },
  tip: { current: HTMLDivElement | null },
  place: HTMLElement,
): uPlot.Options {
  const { series, kind = "line", isStacked = false, height = HEIGHT } = latest.current;
  const axis = resolved("var(--chart-axis)", place);
  const grid = { stroke: resolved("var(--chart-grid)", place), width: 1 };
  const bars = uPlot.paths.bars?.({ size: [0.8, 40], align: 1 });
  const colours = series.map((one, index) => resolved(one.colour ?? colourOf(index), place));
  return {
    width: place.clientWidth || 300,
    height,
    legend: { show: false },
    scales: {
      // A bar stands on its whole step, the last one too.
      x: { range: (_u, least, most) => [least, kind === "bars" ? most + stepOf(latest.current.times) : most] },
      y: { range: (_u, _least, most) => [0, most > 0 ? most * 1.08 : 1] },
    },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { show: kind === "line", size: 6 }, y: false },
    axes: [
      { stroke: axis, grid: { show: false }, ticks: grid, size: 34, values: axisTimes },
      {
        stroke: axis,
        grid,
        ticks: { show: false },
        size: 62,
        incrs: () => (areWhole(latest.current.series) ? WHOLE_STEPS : STEPS),
        values: (_u, splits) => splits.map((value) => latest.current.format(value)),
      },
    ],
    series: [
      {},
      ...series.map((one, index) => ({
        label: one.label,
        stroke: colours[index],
        width: kind === "bars" ? 0 : 1.75,
        fill: isStacked || kind === "bars" ? faded(colours[index] ?? "", 0.85) : undefined,
        paths: kind === "bars" ? bars : undefined,
        points: {
          show: kind === "line",
          size: 5,
          fill: colours[index],
          filter: (made: uPlot, at: number) => lonely(made.data[at] ?? []),
        },
        spanGaps: false,
      })),
    ],
    // Of layers that stand on each other the last is the highest, and must not hide the others.
    bands: isStacked
      ? series.slice(1).map((_one, index) => ({ series: [index + 2, index + 1] as [number, number] }))
      : [],
    hooks: {
      setCursor: [(made) => showTip(made, latest.current, tip.current)],
      setSelect: [(made) => zoom(made, latest.current)],
      ready: [(made) => watchClicks(made, latest)],
    },
  };
}

/** Steps between the lines of the grid: 1, 2 and 5 of each power of ten; half a request there is not. */
const STEPS = Array.from({ length: 22 }, (_, power) => [1, 2, 5].map((first) => first * 10 ** (power - 9))).flat();
const WHOLE_STEPS = STEPS.filter((step) => step >= 1);

const areWhole = (series: Series[]) =>
  series.every((one) => one.values.every((value) => value === null || Number.isInteger(value)));

/** Points without a neighbour, which no line would show. */
function lonely(values: ArrayLike<number | null | undefined>): number[] {
  const isThere = (at: number) => values[at] !== null && values[at] !== undefined;
  return Array.from(values, (_, at) => at).filter((at) => isThere(at) && !isThere(at - 1) && !isThere(at + 1));
}

const stepOf = (times: number[]) => (times[1] ?? 0) - (times[0] ?? 0);

const faded = (colour: string, share: number) => `color-mix(in srgb, ${colour} ${share * 100}%, transparent)`;

const DAY_S = 86_400;

function axisTimes(made: uPlot, splits: number[]): string[] {
  const { min = 0, max = 0 } = made.scales.x ?? {};
  const span = (max ?? 0) - (min ?? 0);
  const parts: Intl.DateTimeFormatOptions =
    span > 2 * DAY_S ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const words = new Intl.DateTimeFormat(undefined, parts);
  return splits.map((at) => words.format(at * 1000));
}

function showTip(made: uPlot, props: ChartProps, tip: HTMLDivElement | null): void {
  if (!tip) return;
  const index = made.cursor.idx;
  const time = index === null || index === undefined ? undefined : props.times[index];
  tip.hidden = time === undefined;
  if (time === undefined || index === null || index === undefined) return;
  const title = document.createElement("div");
  title.className = "font-medium";
  title.textContent = moment(new Date(time * 1000).toISOString(), "minute");
  const rows = props.series.map((one, at) => {
    const row = document.createElement("div");
    row.className = "tabular flex items-center gap-1.5";
    const mark = document.createElement("i");
    mark.className = "inline-block size-2 rounded-sm";
    mark.style.background = one.colour ?? colourOf(at);
    row.append(mark, `${one.label}: ${props.format(one.values[index] ?? null)}`);
    return row;
  });
  tip.replaceChildren(title, ...rows.slice(0, 12));
  const left = (made.cursor.left ?? 0) + made.over.offsetLeft;
  const isRight = left > made.width / 2;
  tip.style.left = isRight ? "auto" : `${left + 12}px`;
  tip.style.right = isRight ? `${made.width - left + 12}px` : "auto";
}

function zoom(made: uPlot, props: ChartProps): void {
  const { left, width } = made.select;
  if (width < SMALLEST_DRAG_PX) return;
  const [from, to] = [made.posToVal(left, "x"), made.posToVal(left + width, "x")];
  made.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  // Whole steps: half of one has no figures of its own.
  const step = stepOf(props.times) || 1;
  const first = props.times[0] ?? 0;
  props.onZoom?.(first + Math.floor((from - first) / step) * step, first + Math.ceil((to - first) / step) * step);
}

/** A click that was no drag. */
function watchClicks(made: uPlot, latest: { current: ChartProps }): void {
  let pressedAt = 0;
  made.over.addEventListener("pointerdown", (event) => {
    pressedAt = event.clientX;
  });
  made.over.addEventListener("click", (event) => {
    const { onPick, series } = latest.current;
    const index = made.cursor.idx;
    if (!onPick || index === null || index === undefined || Math.abs(event.clientX - pressedAt) >= SMALLEST_DRAG_PX) {
      return;
    }
    const height = made.cursor.top ?? 0;
    const tops = series.map((_one, at) => {
      const value = made.data[at + 1]?.[index];
      return value === null || value === undefined ? Number.NaN : made.valToPos(value, "y");
    });
    onPick(index, latest.current.isStacked ? layerAt(tops, height) : nearest(tops, height));
  });
}

/** Of layers that stand on each other the one that this height is in; above all the uppermost that is seen. */
function layerAt(tops: number[], height: number): number {
  const found = tops.findIndex((top) => top <= height);
  return found >= 0 ? found : tops.indexOf(Math.min(...tops));
}

function nearest(tops: number[], height: number): number {
  const distances = tops.map((top) => (Number.isNaN(top) ? Number.POSITIVE_INFINITY : Math.abs(top - height)));
  return distances.indexOf(Math.min(...distances));
}
