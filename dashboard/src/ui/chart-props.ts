/** What a chart is given, as are the parts that it is made of. */

export interface Series {
  label: string;
  values: (number | null)[];
  /** A CSS colour; else the next of the palette. */
  colour?: string;
}

export interface ChartProps {
  /** What it shows, for who cannot see it. */
  label: string;
  /** Beginnings of the steps, in seconds. */
  times: number[];
  series: Series[];
  format: (value: number | null) => string;
  kind?: "line" | "bars";
  /** Series stand on each other. */
  isStacked?: boolean;
  height?: number;
  /** Its figures are on their way. */
  isPending?: boolean;
  /** Where something beside the chart says which colour is what. */
  hasNoLegend?: boolean;
  /** A drag over the chart, in seconds. */
  onZoom?: (from: number, to: number) => void;
  /** A click on a point of time: its index, and the series nearest. */
  onPick?: (index: number, series: number) => void;
}
