/** The figures that are shown, as a table to take along. */

import type { Answer } from "@/api/analytics";
import { download, toCsv } from "@/lib/csv";

/** One line a step, or a step and value of the break-down. USD, milliseconds, shares of 1; times in UTC. */
export function figuresCsv(answer: Answer): string {
  const dimensions = Object.keys(answer.rows[0]?.dimensions ?? {});
  const metrics = Object.keys(answer.totals);
  const rows = answer.rows.map((row) => [
    row.time,
    ...dimensions.map((name) => row.dimensions[name]),
    ...metrics.map((name) => row.metrics[name]),
  ]);
  return toCsv(["time", ...dimensions, ...metrics], rows);
}

export function downloadFigures(gateway: string, answer: Answer): void {
  const from = answer.since.slice(0, 16).replaceAll(":", "");
  download(`analytics-${gateway}-${from}.csv`, figuresCsv(answer));
}
