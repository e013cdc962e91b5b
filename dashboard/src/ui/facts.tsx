/** What is known of one thing: names and values, in two columns where there is room. */

import type { ReactNode } from "react";

export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="m-0 grid grid-cols-1 text-sm sm:grid-cols-[minmax(9rem,auto)_minmax(0,1fr)]">
      {facts.map(([name, value]) => (
        <div
          key={name}
          className="border-b border-kumo-hairline py-1.5 last:border-0 sm:col-span-2 sm:grid sm:grid-cols-subgrid sm:gap-x-6"
        >
          <dt className="text-kumo-subtle">{name}</dt>
          <dd className="m-0 min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
