/** Which log is open: the URL says it, and the browser's way back closes it. */

import { useCallback, useEffect, useRef } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { useUrlChange } from "@/lib/url-state";

/** Of a step that was made by opening a log from its list: one step back is the list. */
interface Step {
  isFromList?: boolean;
}

/** Opening one is a step that the browser goes back from, and closing it goes back: the history does not grow with each
 * log that was looked at. Going to its neighbour is no step. Who came by a link has no list behind the log. */
export function useOpenLog(): [string | null, (id: string | null) => void] {
  const [params, setParams] = useSearchParams();
  const step = useLocation().state as Step | null;
  const navigate = useNavigate();
  const change = useUrlChange();
  const open = params.get("log");
  const wanted = useRef<URLSearchParams | null>(null);
  useEffect(() => {
    if (open !== null || !wanted.current) return;
    const after = wanted.current;
    wanted.current = null;
    if (after.toString() !== params.toString()) setParams(after, { replace: true });
  }, [open, params, setParams]);
  const close = useCallback(() => {
    if (!step?.isFromList) {
      change({ log: null });
    } else if (!wanted.current) {
      // What was chosen while it was open, such as the view, stays chosen.
      wanted.current = new URLSearchParams(params);
      wanted.current.delete("log");
      navigate(-1);
    }
  }, [change, navigate, params, step]);
  const set = useCallback(
    (id: string | null) => {
      if (id === null) close();
      else change({ log: id }, open === null ? { replace: false, state: { isFromList: true } satisfies Step } : {});
    },
    [change, close, open],
  );
  return [open, set];
}
