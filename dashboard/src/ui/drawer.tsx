/** A sheet at the right edge, over the page that it belongs to. */

import { Dialog } from "@base-ui/react/dialog";
import { Button } from "@cloudflare/kumo/components/button";
import { XIcon } from "@phosphor-icons/react/X";
import { type ReactNode, useRef } from "react";

interface DrawerProps {
  title: ReactNode;
  actions?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/** Open for as long as it is rendered. */
export function Drawer({ title, actions, onClose, children }: DrawerProps) {
  const sheet = useRef<HTMLDivElement>(null);
  return (
    <Dialog.Root open modal={false} onOpenChange={(isOpen) => !isOpen && onClose()} disablePointerDismissal>
      <Dialog.Portal>
        <Dialog.Popup
          ref={sheet}
          // What it shows is meant, not the way out.
          initialFocus={sheet}
          className="fixed inset-y-0 right-0 z-0 flex w-full max-w-3xl flex-col border-l border-kumo-line bg-kumo-base shadow-xl outline-none!"
        >
          <div className="flex items-center justify-between gap-3 border-b border-kumo-hairline px-4 py-2.5">
            <Dialog.Title className="m-0 min-w-0 truncate text-base font-semibold">{title}</Dialog.Title>
            <span className="flex shrink-0 items-center gap-1">
              {actions}
              <Dialog.Close
                render={<Button variant="ghost" shape="square" aria-label="Close" icon={<XIcon size={16} />} />}
              />
            </span>
          </div>
          <div className="flex-1 overflow-y-auto p-4">{children}</div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
