/** Stays on every page until the server has a user. */

import { Button } from "@cloudflare/kumo/components/button";
import { UserPlusIcon } from "@phosphor-icons/react/UserPlus";
import { lazy, Suspense, useState } from "react";
import { useSession } from "@/api/session";

const FirstUserDialog = lazy(() => import("@/shell/first-user-dialog"));

export function FirstUserBanner() {
  const { needs_user } = useSession();
  const [isOpen, setOpen] = useState(false);
  if (!needs_user) return null;
  return (
    <section
      aria-label="No user yet"
      className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-kumo-line bg-kumo-warning-tint px-4 py-2 md:px-7"
    >
      <UserPlusIcon size={18} aria-hidden className="shrink-0" />
      <p className="m-0 min-w-0 flex-1 basis-64">
        This server has no user yet: you are here by its one-time link, which does not open again.
      </p>
      <Button size="sm" onClick={() => setOpen(true)}>
        Make yourself a user
      </Button>
      {isOpen && (
        <Suspense>
          <FirstUserDialog onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </section>
  );
}
