/** The frame of what is seen before anybody is signed in. */

import type { ReactNode } from "react";

interface EntranceProps {
  title: string;
  about?: string;
  children: ReactNode;
}

export function Entrance({ title, about, children }: EntranceProps) {
  return (
    <main className="flex min-h-full items-start justify-center px-4 py-10 sm:items-center">
      <div className="w-full max-w-sm">
        <div className="mb-5 flex items-center justify-center gap-2 text-lg font-semibold">
          <img src="/dashboard/favicon.svg" alt="" width={28} height={28} />
          Torana
        </div>
        <div className="flex flex-col gap-4 rounded-xl border border-kumo-line bg-kumo-base p-6">
          <div>
            <h1 className="m-0 text-lg font-semibold">{title}</h1>
            {about && <p className="m-0 mt-1 text-sm leading-normal text-kumo-subtle">{about}</p>}
          </div>
          {children}
        </div>
      </div>
    </main>
  );
}
