/** Who is signed in, and the menu behind it, which is loaded when somebody reaches for it. */

import { Button } from "@cloudflare/kumo/components/button";
import { CaretUpDownIcon } from "@phosphor-icons/react/CaretUpDown";
import { lazy, Suspense, useState } from "react";
import { useSession } from "@/api/session";

const load = () => import("@/shell/account-menu");
const AccountMenu = lazy(load);

export function Account() {
  const { user, version } = useSession();
  const [isWanted, want] = useState(false);
  const trigger = (
    <Button
      variant="ghost"
      className="h-auto w-full justify-between py-1.5"
      aria-haspopup="menu"
      onPointerEnter={load}
      onFocus={load}
      onClick={() => want(true)}
    >
      <span className="min-w-0 text-left">
        <span className="block truncate text-sm">{user.display_name || user.name}</span>
        <span className="block text-xs text-kumo-subtle">
          {user.role} · {version}
        </span>
      </span>
      <CaretUpDownIcon size={16} aria-hidden />
    </Button>
  );
  return (
    <div className="border-t border-kumo-hairline p-3">
      {isWanted ? (
        <Suspense fallback={trigger}>
          <AccountMenu trigger={trigger} />
        </Suspense>
      ) : (
        trigger
      )}
    </div>
  );
}
