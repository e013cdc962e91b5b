/** What stands behind the `#`, which browsers send to no server: a one-time link's secret, or what went wrong. */

import { useEffect, useState } from "react";

export interface Fragment {
  secret: string | null;
  /** A word that the server sends people back with. */
  error: string | null;
}

const NOTHING: Fragment = { secret: null, error: null };

let taken = NOTHING;

/** Takes it out of the address bar, and with that out of the browser's history. */
function take(): Fragment {
  const { hash, pathname, search } = window.location;
  const [name, value = ""] = hash.slice(1).split(/=(.*)/s);
  if (value && (name === "once" || name === "error")) {
    window.history.replaceState(window.history.state, "", pathname + search);
    taken = name === "once" ? { secret: value, error: null } : { secret: null, error: value };
  }
  return taken;
}

// Before anything of the page is drawn, which takes its time and may happen twice.
take();

/** Another link may be pasted while the page is open. */
export function useFragment(): Fragment {
  const [found, setFound] = useState(take);
  useEffect(() => {
    taken = NOTHING;
    const again = () => setFound((before) => (take() === NOTHING ? before : taken));
    window.addEventListener("hashchange", again);
    return () => window.removeEventListener("hashchange", again);
  }, []);
  return found;
}
