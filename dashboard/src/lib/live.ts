/** Figures that keep up with the clock while somebody looks at them. */

import { useEffect, useState } from "react";

/** Counts up each `ms` while `isOn` and the page is to be seen. */
export function useLive(isOn: boolean, ms: number): number {
  const [tick, setTick] = useState(0);
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") setTick((before) => before + 1);
    }, ms);
    return () => clearInterval(timer);
  }, [isOn, ms]);
  return tick;
}
