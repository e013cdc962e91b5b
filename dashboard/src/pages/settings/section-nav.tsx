/** The sections beside them, with a mark where something was changed or is wrong; the URL's `#` leads to one. */

import { useEffect, useState } from "react";
import { useLocation } from "react-router";
import { GROUPS } from "@/pages/settings/fields";
import { useForm } from "@/pages/settings/form";
import { isWrong } from "@/pages/settings/problems";

const ENDS = [
  { id: "about", title: "About this gateway" },
  { id: "danger", title: "Danger zone" },
];

export function SectionNav() {
  const { changes, problems, isReadOnly } = useForm();
  const { hash } = useLocation();
  const [current, setCurrent] = useState(hash.slice(1) || (GROUPS[0]?.id ?? ""));
  useEffect(() => {
    if (hash) document.getElementById(hash.slice(1))?.scrollIntoView();
  }, [hash]);
  useCurrent(setCurrent);
  const marks = new Map(
    GROUPS.map((group) => [
      group.id,
      group.fields.some((field) => isWrong(problems, field.name))
        ? "wrong"
        : group.fields.some((field) => field.name in changes)
          ? "changed"
          : "",
    ]),
  );
  const shown = [...GROUPS, ...ENDS.slice(0, isReadOnly ? 1 : 2)];
  return (
    <nav
      aria-label="Sections"
      className="sticky top-0 z-10 -mx-4 overflow-x-auto border-b border-kumo-hairline bg-kumo-canvas px-4 py-2 lg:top-5 lg:mx-0 lg:border-0 lg:p-0"
    >
      <ul className="m-0 flex list-none gap-1 p-0 lg:flex-col">
        {shown.map(({ id, title }) => (
          <li key={id} className="shrink-0">
            <a
              href={`#${id}`}
              aria-current={current === id ? "location" : undefined}
              onClick={(event) => {
                event.preventDefault();
                setCurrent(id);
                document.getElementById(id)?.scrollIntoView();
                window.history.replaceState(window.history.state, "", `#${id}`);
              }}
              className={`flex items-center justify-between gap-2 rounded-md px-2.5 py-1.5 text-sm no-underline ${
                current === id ? "bg-kumo-tint font-medium text-kumo-brand" : "text-kumo-default hover:bg-kumo-tint"
              }`}
            >
              {title}
              {marks.get(id) && <Mark is={marks.get(id) ?? ""} />}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Mark({ is }: { is: string }) {
  const isBad = is === "wrong";
  return (
    <span className={`size-2 shrink-0 rounded-full ${isBad ? "bg-kumo-danger" : "bg-kumo-brand"}`}>
      <span className="sr-only">{isBad ? "something is wrong" : "changed"}</span>
    </span>
  );
}

/** The section that is at the top of what is seen. */
function useCurrent(set: (id: string) => void): void {
  useEffect(() => {
    const watcher = new IntersectionObserver(
      (seen) => {
        const top = seen.find((one) => one.isIntersecting);
        if (top) set(top.target.id);
      },
      { rootMargin: "-10% 0px -80% 0px" },
    );
    for (const { id } of [...GROUPS, ...ENDS]) {
      const section = document.getElementById(id);
      if (section) watcher.observe(section);
    }
    return () => watcher.disconnect();
  }, [set]);
}
