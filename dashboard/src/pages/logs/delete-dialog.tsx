/** Deletes all logs that fit, ten thousand at a time. */

import { useState } from "react";
import { refresh } from "@/api/client";
import { exact, plural } from "@/lib/format";
import { deleteLogs, type Place, type Which } from "@/pages/logs/api";
import type { Total } from "@/pages/logs/list/windows";
import { Confirm } from "@/ui/confirm";
import { useNotify } from "@/ui/notices";

interface DeleteDialogProps {
  place: Place;
  query: Which;
  isNarrowed: boolean;
  total: Total;
  /** When they were counted. What came since was not seen, and stays. */
  until: string;
  onDone: () => void;
  onClose: () => void;
}

const AT_ONCE = 10_000;

export function DeleteDialog({ place, query, isNarrowed, onDone, onClose, ...props }: DeleteDialogProps) {
  const [gone, setGone] = useState(0);
  // The list behind it goes on meanwhile.
  const [{ total, until }] = useState(props);
  const notify = useNotify();
  const number = `${total.isExact ? "" : "at least "}${plural(total.count, "log")}`;
  const confirm = async () => {
    const seen = { ...query, end_date: query.end_date ?? until };
    let deleted = 0;
    try {
      for (let last = AT_ONCE; last === AT_ONCE; ) {
        last = await deleteLogs(place, { ...seen, limit: AT_ONCE });
        deleted += last;
        setGone(deleted);
      }
      notify.done(`${plural(deleted, "log")} deleted`);
    } catch (error) {
      notify.problem(deleted ? `Only ${plural(deleted, "log")} were deleted` : "No log was deleted", error);
    }
    await refresh();
    onDone();
  };
  return (
    <Confirm
      title={isNarrowed ? "Delete the logs that fit" : "Delete all logs"}
      action={`Delete ${number}`}
      typed={isNarrowed ? undefined : place.gateway}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p className="m-0">
        {isNarrowed ? "All logs that fit the filters" : "All logs of this gateway"}, {number}, go with their requests
        and answers. What analytics counted of them stays. There is no way back; export them first where they may be
        needed.
      </p>
      {gone > 0 && (
        <p className="m-0 mt-3" role="status">
          {exact(gone)} deleted so far…
        </p>
      )}
    </Confirm>
  );
}
