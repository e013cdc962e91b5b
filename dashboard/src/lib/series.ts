/** Rows of figures put in the order of time, for charts. */

export interface Timed {
  time: string | null;
  metrics: Record<string, number | null>;
}

export type Values = (number | null)[];

/** One metric over the steps of a span; `missing` is for steps without a row: 0 of what is counted, null of rates. */
export function valuesOf(rows: Timed[] | undefined, times: number[], metric: string, missing: number | null): Values {
  const at = new Map(times.map((time, index) => [time, index]));
  const values: Values = times.map(() => missing);
  for (const row of rows ?? []) {
    const index = row.time ? at.get(Date.parse(row.time) / 1000) : undefined;
    if (index !== undefined) values[index] = row.metrics[metric] ?? missing;
  }
  return values;
}

/** Rows by the value of a dimension, in the order in which values come first. */
export function groupBy<R extends { dimensions: Record<string, unknown> }>(
  rows: R[],
  dimension: string,
): Map<string, R[]> {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const name = String(row.dimensions[dimension]);
    const known = groups.get(name);
    if (known) known.push(row);
    else groups.set(name, [row]);
  }
  return groups;
}

/** Position by position; not below 0, as figures of two questions may be a moment apart. */
export function minus(values: Values, ...others: Values[]): Values {
  return values.map((value, at) =>
    value === null
      ? null
      : Math.max(
          others.reduce((rest, other) => rest - (other[at] ?? 0), value),
          0,
        ),
  );
}

/** How much more, as a share of before; null where there was nothing to compare with. */
export function changeOf(now: number | null | undefined, before: number | null | undefined): number | null {
  if (now === null || now === undefined || !before) return null;
  return (now - before) / before;
}
