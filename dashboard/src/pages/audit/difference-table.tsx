/** Fields that a change touched, each with what it was and what it is. */

import { type Difference, type Kind, written } from "@/pages/audit/differences";

const SIGNS: Record<Kind, [sign: string, word: string]> = {
  added: ["+", "came"],
  removed: ["−", "went"],
  changed: ["~", "changed"],
  same: ["", "stayed"],
};

export function DifferenceTable({ differences }: { differences: Difference[] }) {
  if (differences.length === 0) {
    return <p className="m-0 text-sm text-kumo-subtle">All that is kept of it is as it was.</p>;
  }
  return (
    <div className="overflow-x-auto rounded-lg border border-kumo-line">
      <table className="w-full border-collapse text-xs" aria-label="Differences">
        <thead>
          <tr className="border-b border-kumo-line text-left text-kumo-subtle">
            <th scope="col" className="px-3 py-2 font-medium">
              Field
            </th>
            <th scope="col" className="px-3 py-2 font-medium">
              Before
            </th>
            <th scope="col" className="px-3 py-2 font-medium">
              After
            </th>
          </tr>
        </thead>
        <tbody>
          {differences.map((one) => (
            <tr key={one.path} className="border-b border-kumo-hairline align-top last:border-0">
              <th scope="row" className="px-3 py-1.5 text-left font-mono font-normal whitespace-nowrap">
                <span className="inline-block w-3 text-kumo-subtle" title={SIGNS[one.kind][1]} aria-hidden>
                  {SIGNS[one.kind][0]}
                </span>
                {one.path}
              </th>
              <Value value={one.before} tone={one.kind === "same" ? "" : "bg-kumo-danger-tint"} />
              <Value value={one.after} tone={one.kind === "same" ? "" : "bg-kumo-success-tint"} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Value({ value, tone }: { value: unknown; tone: string }) {
  if (value === undefined) return <td className="px-3 py-1.5 text-kumo-subtle">–</td>;
  return (
    <td className="max-w-80 min-w-24 px-3 py-1.5">
      <span className={`rounded px-1 py-0.5 font-mono break-words whitespace-pre-wrap ${tone}`}>{written(value)}</span>
    </td>
  );
}
