/** One figure: what it is, how much, and how it went. */

import type { ReactNode } from "react";
import { Placeholder } from "@/ui/loading";
import { Sparkline } from "@/ui/sparkline";

interface StatProps {
  label: string;
  /** Undefined while it is on its way. */
  value: string | undefined;
  /** A second, smaller figure or a word. */
  note?: ReactNode;
  /** By time; shown as a small line. */
  trend?: (number | null)[];
  tone?: "plain" | "bad";
}

export function Stat({ label, value, note, trend, tone = "plain" }: StatProps) {
  return (
    <fieldset className="m-0 min-w-0 rounded-lg border border-kumo-line bg-kumo-base px-4 py-3" aria-label={label}>
      <div className="text-xs text-kumo-subtle">{label}</div>
      <div
        className={`tabular mt-1 truncate leading-7 font-semibold ${sizeOf(value)} ${tone === "bad" ? "text-kumo-danger" : ""}`}
      >
        {value ?? <Placeholder className="h-6 w-20" />}
      </div>
      {note !== undefined && <div className="tabular mt-0.5 truncate text-xs text-kumo-subtle">{note}</div>}
      {trend && <Sparkline values={trend} className="mt-2 h-8 w-full" tone={tone} />}
    </fieldset>
  );
}

/** A long one, such as a speed with its unit, is whole in smaller letters rather than cut off. */
const sizeOf = (value: string | undefined): string => (value && value.length > 9 ? "text-base" : "text-xl");

/** A row of figures that wraps. */
export function Stats({ children }: { children: ReactNode }) {
  return <div className="grid grid-cols-[repeat(auto-fit,minmax(150px,1fr))] gap-3">{children}</div>;
}
