/** One limit: how full it is, when it eases, when it runs out, and the same of each value that it is split by. */

import { useState } from "react";
import { count } from "@/lib/format";
import {
  amountOf,
  easesOf,
  type Limit,
  type LimitForecast,
  nounOf,
  ofWhat,
  runsOutOf,
  STANDINGS,
  standingOf,
  titleOf,
} from "@/pages/limits/limits";
import { Meter } from "@/pages/limits/meter";
import { Badge } from "@/ui/badge";

const SHOWN_FIRST = 5;

interface LimitCardProps {
  limit: Limit;
  forecast: LimitForecast | undefined;
  /** Which requests alone count; empty where all do. */
  only: string;
  now: number;
}

export function LimitCard({ limit, forecast, only, now }: LimitCardProps) {
  const standing = standingOf(limit, limit.limit);
  const runsOut = runsOutOf(forecast);
  const facts = [
    `${amountOf(limit.kind, limit.used)} used`,
    limit.held > 0 ? `${amountOf(limit.kind, limit.held)} held by calls under way` : "",
    `${amountOf(limit.kind, limit.remaining)} left`,
    easesOf(limit, limit.technique, now),
  ].filter(Boolean);
  return (
    <li className="border-t border-kumo-hairline px-4 py-4 first:border-0">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h3 className="m-0 text-sm font-medium">
          {titleOf(limit)}{" "}
          <span className="font-normal text-kumo-subtle">{`${ofWhat(limit)}${only && `, of ${only} alone`}`}</span>
        </h3>
        <span className="flex items-center gap-2">
          <code className="font-mono text-xs text-kumo-subtle" title="Its id">
            {limit.id}
          </code>
          <Badge tone={standing}>{STANDINGS[standing]}</Badge>
        </span>
      </div>
      <div className="mt-2.5">
        <Meter label={`${titleOf(limit)} ${ofWhat(limit)}`} one={limit} limit={limit.limit} />
      </div>
      <p className="tabular m-0 mt-2 text-sm text-kumo-subtle">
        {limit.by.length > 0 && limit.values[0] && (
          <span className="text-kumo-default">{`${limit.values[0].value || "(none)"}: `}</span>
        )}
        {facts.join(" · ")}
        {limit.technique === "sliding" ? " · sliding window" : " · fixed windows"}
      </p>
      {runsOut && <p className="m-0 mt-1 text-sm">{`${runsOut}.`}</p>}
      {limit.by.length > 0 && limit.values.length > 0 && <Values limit={limit} now={now} />}
    </li>
  );
}

/** The fullest first, as the server has them. */
function Values({ limit, now }: { limit: Limit; now: number }) {
  const [isAll, setAll] = useState(false);
  const shown = isAll ? limit.values : limit.values.slice(0, SHOWN_FIRST);
  const hidden = limit.values.length - shown.length;
  const unseen = limit.value_count - limit.values.length;
  return (
    <div className="mt-3 overflow-x-auto rounded-md border border-kumo-line bg-kumo-elevated">
      <table className="w-full border-collapse text-sm">
        <thead>
          <tr className="text-left text-xs text-kumo-subtle">
            <th scope="col" className="px-3 py-1.5 font-medium first-letter:uppercase">
              {limit.by.map(nounOf).join(", ")}
            </th>
            <th scope="col" className="w-1/3 px-3 py-1.5 font-medium">
              <span className="sr-only">How full</span>
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              Used
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              Held
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              Left
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              Room again
            </th>
          </tr>
        </thead>
        <tbody className="tabular">
          {shown.map((value) => (
            <tr key={value.value} className="border-t border-kumo-hairline">
              <th scope="row" className="max-w-64 truncate px-3 py-1.5 text-left font-normal" title={value.value}>
                {value.value || "(none)"}
              </th>
              <td className="min-w-24 px-3 py-1.5">
                <Meter label={value.value || "none"} one={value} limit={limit.limit} isSmall />
              </td>
              <td className="px-3 py-1.5 text-right whitespace-nowrap">{amountOf(limit.kind, value.used)}</td>
              <td className="px-3 py-1.5 text-right whitespace-nowrap">{amountOf(limit.kind, value.held)}</td>
              <td className="px-3 py-1.5 text-right whitespace-nowrap">{amountOf(limit.kind, value.remaining)}</td>
              <td className="px-3 py-1.5 text-right whitespace-nowrap text-kumo-subtle">
                {easesOf(value, limit.technique, now) || "–"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {(hidden > 0 || isAll || unseen > 0) && (
        <div className="flex justify-between gap-3 border-t border-kumo-hairline px-3 py-1.5 text-xs text-kumo-subtle">
          {(hidden > 0 || isAll) && (
            <button
              type="button"
              onClick={() => setAll(!isAll)}
              className="cursor-pointer border-0 bg-transparent p-0 text-xs text-kumo-subtle underline"
            >
              {isAll ? "Show the fullest alone" : `Show ${count(hidden)} more`}
            </button>
          )}
          {unseen > 0 && <span>{`${count(unseen)} less full ones are not listed`}</span>}
        </div>
      )}
    </div>
  );
}
