/** What a page shows stands in its URL, so that it can be kept, sent and gone back to. */

import { useCallback } from "react";
import { useLocation, useSearchParams } from "react-router";

/** As it stands in the URL by now: what the router gives is that of the last drawing, and two changes may come between. */
const current = () => new URLSearchParams(window.location.search);

/** One parameter; setting the `fallback` takes it out of the URL. */
export function useUrlState(name: string, fallback = ""): [string, (value: string) => void] {
  const [params, setParams] = useSearchParams();
  const { state } = useLocation();
  const set = useCallback(
    (value: string) =>
      setParams(
        () => {
          const after = current();
          if (value === fallback) after.delete(name);
          else after.set(name, value);
          return after;
        },
        { replace: true, state },
      ),
    [name, fallback, setParams, state],
  );
  return [params.get(name) ?? fallback, set];
}

interface ChangeOptions {
  /** False: a step that the browser goes back from. */
  replace?: boolean;
  /** Kept with the step, unseen; what is only replaced keeps its own. */
  state?: unknown;
}

/** Several at once; `null` takes one out. */
export function useUrlChange(): (changes: Record<string, string | null>, options?: ChangeOptions) => void {
  const [, setParams] = useSearchParams();
  const { state } = useLocation();
  return useCallback(
    (changes, options) =>
      setParams(
        () => {
          const after = current();
          for (const [name, value] of Object.entries(changes)) {
            if (value === null) after.delete(name);
            else after.set(name, value);
          }
          return after;
        },
        options?.replace === false ? { replace: false, state: options.state } : { replace: true, state },
      ),
    [setParams, state],
  );
}
