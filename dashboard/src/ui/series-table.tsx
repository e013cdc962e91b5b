/** What a chart shows, in words. */

import { moment } from "@/lib/format";
import type { ChartProps } from "@/ui/chart-props";

export function SeriesTable({ times, series, format, height = 220, label }: ChartProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className="overflow-auto" style={{ maxHeight: height }} aria-label={label} tabIndex={0}>
      <table className="tabular w-full border-collapse text-xs">
        <thead className="sticky top-0 bg-kumo-base">
          <tr>
            <th scope="col" className="py-1 pr-3 text-left font-medium">
              Time
            </th>
            {series.map((one) => (
              <th key={one.label} scope="col" className="py-1 pr-3 text-right font-medium">
                {one.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((time, index) => (
            <tr key={time} className="border-t border-kumo-hairline">
              <th scope="row" className="py-1 pr-3 text-left font-normal whitespace-nowrap">
                {moment(new Date(time * 1000).toISOString(), "minute")}
              </th>
              {series.map((one) => (
                <td key={one.label} className="py-1 pr-3 text-right">
                  {format(one.values[index] ?? null)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
