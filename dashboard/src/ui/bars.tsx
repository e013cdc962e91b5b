/** Shares of a whole by name, the largest first; each may lead somewhere. */

import { Link } from "react-router";

export interface Bar {
  name: string;
  value: number;
  to?: string;
}

export function Bars({ bars, format }: { bars: Bar[]; format: (value: number) => string }) {
  const most = Math.max(...bars.map((bar) => bar.value), 0);
  return (
    <ol className="m-0 flex list-none flex-col gap-1 p-0">
      {bars.map((bar) => (
        <li key={bar.name} className="relative flex items-center justify-between gap-3 rounded px-2 py-1 text-sm">
          <span
            aria-hidden
            className="absolute inset-y-0 left-0 rounded bg-kumo-brand opacity-12"
            style={{ width: `${most ? Math.max((bar.value / most) * 100, 0.5) : 0}%` }}
          />
          <span className="relative min-w-0 truncate" title={bar.name}>
            {bar.to ? <Link to={bar.to}>{bar.name}</Link> : bar.name}
          </span>
          <span className="tabular relative shrink-0">{format(bar.value)}</span>
        </li>
      ))}
    </ol>
  );
}
