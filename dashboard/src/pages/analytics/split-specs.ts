/** The charts of a break-down: one figure each, a series for each of the first values and one for the rest. */

import type { Row } from "@/api/analytics";
import { count, duration, percent, usd } from "@/lib/format";
import type { Behind } from "@/lib/log-link";
import { groupBy, valuesOf } from "@/lib/series";
import { behindOthers, behindValue, type Choice, TOO_MANY } from "@/pages/analytics/choice";
import type { Spec } from "@/pages/analytics/plain-specs";
import { colourOf } from "@/ui/chart";

export const OTHERS = "Other";
export const OTHERS_COLOUR = "var(--chart-8)";

interface Shown {
  metric: string;
  title: string;
  format: (value: number | null) => string;
  /** Rates and times do not stand on each other. */
  isRate?: boolean;
}

const SHOWN: Shown[] = [
  { metric: "requests", title: "Requests", format: count },
  { metric: "cost", title: "Cost", format: usd },
  { metric: "tokens", title: "Tokens", format: count },
  { metric: "errors", title: "Errors", format: count },
  { metric: "duration_avg", title: "Average latency", format: duration, isRate: true },
  { metric: "duration_p95", title: "Latency p95", format: duration, isRate: true },
  { metric: "first_byte_p95", title: "Time to first byte p95", format: duration, isRate: true },
  { metric: "error_rate", title: "Error rate", format: percent, isRate: true },
  { metric: "cache_rate", title: "Cache hit rate", format: percent, isRate: true },
];
const OF_METADATA = ["requests", "cost", "tokens", "errors", "duration_avg", "cache_rate"];
/** Of a status all are errors, or none. */
const OF_STATUS = ["requests", "cost", "tokens", "errors", "duration_p95", "first_byte_p95"];
const OF_OTHERS = [...OF_STATUS, "error_rate", "cache_rate"];

interface Split {
  dimension: string;
  first: string[];
  series: Row[] | undefined;
  others: Row[] | undefined;
}

export function splitSpecs(times: number[], split: Split, choice: Choice, isMetadata: boolean): Spec[] {
  const groups = groupBy(split.series ?? [], split.dimension);
  const names = isMetadata ? OF_METADATA : choice.by === "status" ? OF_STATUS : OF_OTHERS;
  return names
    .flatMap((name) => SHOWN.find((one) => one.metric === name) ?? [])
    .map(({ metric, title, format, isRate = false }) => {
      const missing = isRate ? null : 0;
      const series: Spec["series"] = split.first.map((name, index) => ({
        label: labelOf(name),
        values: valuesOf(groups.get(name), times, metric, missing),
        colour: colourOf(index),
        ...behindOf(behindValue(choice, name)),
      }));
      if (split.others) {
        series.push({
          label: OTHERS,
          values: valuesOf(split.others, times, metric, missing),
          colour: OTHERS_COLOUR,
          ...behindOf(behindOthers(choice, split.first)),
        });
      }
      return { title, format, kind: isRate ? "line" : "bars", isStacked: !isRate, series };
    });
}

const behindOf = ({ filters, status }: Pick<Behind, "filters" | "status">) => ({ filters, status });

/** Requests without a model, or values that are empty, have a name too. */
export const labelOf = (name: string): string =>
  name === TOO_MANY ? `${TOO_MANY} (more values at once than are told apart)` : name || "(none)";
