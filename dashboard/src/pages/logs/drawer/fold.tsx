/** Something that opens below its own title; the browser's element, which keyboards know. */

import { CaretRightIcon } from "@phosphor-icons/react/CaretRight";
import type { ReactNode } from "react";

export function Fold({ title, children, isOpen = false }: { title: ReactNode; children: ReactNode; isOpen?: boolean }) {
  return (
    <details open={isOpen} className="group rounded-md border border-kumo-hairline">
      <summary className="flex cursor-pointer list-none items-center gap-1.5 px-2.5 py-1.5 text-xs text-kumo-subtle [&::-webkit-details-marker]:hidden">
        <CaretRightIcon size={12} aria-hidden className="shrink-0 transition-transform group-open:rotate-90" />
        <span className="min-w-0 truncate">{title}</span>
      </summary>
      <div className="px-2.5 pb-2.5">{children}</div>
    </details>
  );
}
