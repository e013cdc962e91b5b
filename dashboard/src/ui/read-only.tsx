/** Why there are no buttons here. */

import { useSession } from "@/api/session";

/** `what` is what another role would do, such as `make and change keys`. Nothing for who may. */
export function ReadOnly({ what }: { what: string }) {
  const { role } = useSession().user;
  if (role !== "viewer") return null;
  return (
    <p className="m-0 rounded-md bg-kumo-recessed px-3 py-2 text-sm text-kumo-subtle">
      You are a viewer here: you see all of this. Editors and owners {what}.
    </p>
  );
}
