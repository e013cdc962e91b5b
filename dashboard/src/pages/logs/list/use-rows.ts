/** Which lines of a long list are in sight, each as high as the others: arithmetic, and nothing read from the page. */

import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { type Place, Stretch } from "@/pages/logs/list/stretch";

/** Lines beyond what is seen, for who scrolls quickly. */
const SPARE = 6;
/** Lines come and go so many at a time. */
const STEP = 4;

export interface Sight {
  first: number;
  last: number;
  /** Lines are drawn so much further up than they stand in the list. */
  shift: number;
  isAtTop: boolean;
}

export interface Rows extends Sight {
  bodyPx: number;
  /** Of the scrolling element. */
  width: number;
  /** Scrolls no further than is needed to show a line. */
  reveal: (index: number) => void;
  toTop: () => void;
}

interface Size {
  width: number;
  height: number;
}

const TOP: Place = { physical: 0, logical: 0, isMoved: false };

export function useRows(scroller: RefObject<HTMLElement | null>, count: number, rowPx: number, headPx: number): Rows {
  const { width, height } = useSize(scroller);
  const viewPx = Math.max(height - headPx, 0);
  const stretch = useMemo(() => new Stretch(count * rowPx, viewPx), [count, rowPx, viewPx]);
  const place = useRef(TOP);
  const [sight, setSight] = useState<Sight>({ first: 0, last: -1, shift: 0, isAtTop: true });
  const look = useCallback(
    (found: Place) => {
      place.current = found;
      if (found.isMoved && scroller.current) scroller.current.scrollTop = found.physical;
      const next = sightOf(found, viewPx, rowPx, count);
      setSight((before) => (isSame(before, next) ? before : next));
    },
    [scroller, viewPx, rowPx, count],
  );
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    // Drawn before the browser paints what it has scrolled to.
    const onScroll = () => flushSync(() => look(stretch.scrolled(place.current, element.scrollTop)));
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => element.removeEventListener("scroll", onScroll);
  }, [scroller, stretch, look]);
  useLayoutEffect(() => look({ ...place.current, isMoved: false }), [look]);
  const reveal = useCallback(
    (index: number) => {
      const [top, bottom] = [index * rowPx, (index + 1) * rowPx - viewPx];
      const { logical } = place.current;
      if (logical > top) look(stretch.sent(place.current, top));
      else if (logical < bottom) look(stretch.sent(place.current, bottom));
    },
    [look, rowPx, viewPx, stretch],
  );
  const toTop = useCallback(() => look(stretch.sent(place.current, 0)), [look, stretch]);
  return { ...sight, last: Math.min(sight.last, count - 1), bodyPx: stretch.bodyPx, width, reveal, toTop };
}

function sightOf(place: Place, viewPx: number, rowPx: number, count: number): Sight {
  const first = Math.floor(place.logical / rowPx / STEP) * STEP - SPARE;
  const last = Math.ceil((place.logical + viewPx) / rowPx / STEP) * STEP + SPARE;
  return {
    first: Math.max(first, 0),
    last: Math.min(last, count - 1),
    shift: place.logical - place.physical,
    isAtTop: place.logical < rowPx / 2,
  };
}

const isSame = (one: Sight, other: Sight) =>
  one.first === other.first && one.last === other.last && one.shift === other.shift && one.isAtTop === other.isAtTop;

function useSize(scroller: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    setSize({ width: element.clientWidth, height: element.clientHeight });
    const watch = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, [scroller]);
  return size;
}
