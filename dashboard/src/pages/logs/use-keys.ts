/** Keys of the whole page: j and k go through the logs, / goes to the search. */

import { useEffect, useRef } from "react";

interface Keys {
  onStep: (by: number) => void;
  onSearch: () => void;
}

const TYPED_IN = "input, textarea, select, [contenteditable=true], [role=menu], [role=listbox]";

export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest(TYPED_IN)) return;
      if (event.key === "j") latest.current.onStep(1);
      else if (event.key === "k") latest.current.onStep(-1);
      else if (event.key === "/") latest.current.onSearch();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
