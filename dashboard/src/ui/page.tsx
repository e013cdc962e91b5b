/** A page's head and body; sets the title of the browser's tab. */

import { type ReactNode, useEffect } from "react";

interface PageProps {
  title: string;
  /** One sentence: what this page is for. */
  about?: ReactNode;
  /** Buttons and choices at the right of the head. */
  actions?: ReactNode;
  /** The body takes the whole height and scrolls itself, as a long list does. */
  isFilled?: boolean;
  children: ReactNode;
}

export function Page({ title, about, actions, isFilled = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Torana`;
  }, [title]);
  return (
    <div
      className={`mx-auto flex max-w-[1440px] flex-col gap-5 px-4 py-5 md:px-7 md:py-6 ${isFilled ? "h-full min-h-0" : ""}`}
    >
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0 flex-1 basis-72">
          <h1 className="m-0 text-xl font-semibold tracking-tight">{title}</h1>
          {about && <p className="m-0 mt-1 max-w-3xl text-kumo-subtle">{about}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {children}
    </div>
  );
}
