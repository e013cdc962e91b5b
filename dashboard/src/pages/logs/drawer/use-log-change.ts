/** A change to a log: said at the edge of the page, and seen at once. */

import { useState } from "react";
import { refresh } from "@/api/client";
import { useNotify } from "@/ui/notices";

export function useLogChange() {
  const [isBusy, setBusy] = useState(false);
  const notify = useNotify();
  const change = async (call: () => Promise<unknown>, done: string, then: () => void) => {
    setBusy(true);
    try {
      await call();
      then();
      notify.done(done);
      await refresh();
    } catch (error) {
      notify.problem("The log is not changed", error);
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, change };
}
