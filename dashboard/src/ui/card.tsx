import type { ReactNode } from "react";

interface CardProps {
  title?: ReactNode;
  about?: ReactNode;
  actions?: ReactNode;
  /** Without space around the content, as for a table. */
  isFlush?: boolean;
  className?: string;
  children: ReactNode;
}

export function Card({ title, about, actions, isFlush = false, className = "", children }: CardProps) {
  return (
    <section className={`min-w-0 rounded-lg border border-kumo-line bg-kumo-base ${className}`}>
      {(title || actions) && (
        <div className="flex flex-wrap items-center justify-between gap-2 px-4 pt-3 pb-2">
          <div className="min-w-0">
            {title && <h2 className="m-0 text-sm font-semibold">{title}</h2>}
            {about && <p className="m-0 mt-0.5 text-xs text-kumo-subtle">{about}</p>}
          </div>
          {actions && <div className="flex items-center gap-2">{actions}</div>}
        </div>
      )}
      <div className={isFlush ? "overflow-x-auto" : "px-4 pt-2 pb-4"}>{children}</div>
    </section>
  );
}
