/** As many columns as there is room for. */

import { type RefObject, useLayoutEffect, useState } from "react";
import type { Layout } from "@/pages/logs/list/row";

const NARROW_PX = 820;
const WIDE_PX = 1_060;

const layoutOf = (px: number): Layout => (px < NARROW_PX ? "phone" : px < WIDE_PX ? "narrow" : "wide");

/** null before it is measured. */
export function useLayout(frame: RefObject<HTMLElement | null>): Layout | null {
  const [layout, setLayout] = useState<Layout | null>(null);
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element) return;
    setLayout(layoutOf(element.clientWidth));
    const watch = new ResizeObserver(([entry]) => entry && setLayout(layoutOf(entry.contentRect.width)));
    watch.observe(element);
    return () => watch.disconnect();
  }, [frame]);
  return layout;
}
