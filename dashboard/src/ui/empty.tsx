/** Nothing is here yet: says what would be, and how to get there. */

import type { ReactNode } from "react";

interface EmptyProps {
  title: string;
  about: ReactNode;
  action?: ReactNode;
}

export function Empty({ title, about, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <p className="m-0 font-medium">{title}</p>
      <div className="max-w-md text-sm text-kumo-subtle">{about}</div>
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}
