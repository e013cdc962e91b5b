/** How much more or less than before. */

import { count, percent } from "@/lib/format";
import { changeOf } from "@/lib/series";

interface ChangeProps {
  now: number | null | undefined;
  before: number | null | undefined;
  /** What it is compared with, such as `the 24 h before`. */
  than: string;
  /** Which way is good news; without it neither is. */
  good?: "up" | "down";
  /** Of shares the difference in points is told, of others the change in per cent. */
  isShare?: boolean;
}

const SMALLEST = 0.0005;

export function Change({ now, before, than, good, isShare = false }: ChangeProps) {
  const change = isShare ? pointsOf(now, before) : changeOf(now, before);
  if (change === null) return <span title={`There is no figure of ${than}`}>nothing before</span>;
  if (Math.abs(change) < SMALLEST) return <span>as in {than}</span>;
  const isUp = change > 0;
  const tone = good === undefined ? "" : isUp === (good === "up") ? "text-kumo-success" : "text-kumo-danger";
  const isManifold = !isShare && change >= MOST_PERCENT;
  const size = isShare ? `${Number(Math.abs(change * 100).toPrecision(2))} pp` : sizeOf(change, isManifold);
  return (
    <span title={`${isUp ? "More" : "Less"} than in ${than}`}>
      <span className={`font-medium ${tone}`}>
        <span aria-hidden>{isUp ? "▲" : "▼"}</span>
        <span className="sr-only">{isUp ? "up" : "down"}</span> {size}
      </span>
      <span className="hidden sm:inline">
        {isManifold ? " " : " on "}
        {than}
      </span>
    </span>
  );
}

const pointsOf = (now: number | null | undefined, before: number | null | undefined) =>
  now === null || now === undefined || before === null || before === undefined ? null : now - before;

const MOST_PERCENT = 10;

/** Three digits say enough; what is many times as much is told in times. */
function sizeOf(change: number, isManifold: boolean): string {
  return isManifold ? `${count(change + 1)} times` : percent(Number(Math.abs(change).toPrecision(3)));
}
