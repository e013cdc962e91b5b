import { Button } from "@cloudflare/kumo/components/button";
import { Dialog } from "@cloudflare/kumo/components/dialog";
import { XIcon } from "@phosphor-icons/react/X";
import type { ReactNode } from "react";

interface ModalProps {
  title: string;
  about?: ReactNode;
  size?: "sm" | "base" | "lg" | "xl";
  /** Closes by its buttons alone: what it shows is shown once. */
  isFirm?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** Open for as long as it is rendered. */
export function Modal({ title, about, size = "lg", isFirm = false, onClose, children }: ModalProps) {
  return (
    <Dialog.Root
      open
      disablePointerDismissal={isFirm}
      onOpenChange={(isOpen, { reason }) => {
        if (!isOpen && !(isFirm && reason === "escape-key")) onClose();
      }}
    >
      <Dialog size={size} className="max-h-[90vh] max-w-[calc(100vw-2rem)] overflow-y-auto p-6">
        <Dialog.Title className="m-0 pr-10 text-lg font-semibold">{title}</Dialog.Title>
        {about && <Dialog.Description className="m-0 mt-1 pr-10 text-sm text-kumo-subtle">{about}</Dialog.Description>}
        <div className="mt-4">{children}</div>
        {/* Last, so that the first field has the focus and not the way out. */}
        <Dialog.Close
          render={(given) => (
            <Button
              {...given}
              variant="ghost"
              shape="square"
              aria-label="Close"
              className="absolute top-5 right-5"
              icon={<XIcon size={16} />}
            />
          )}
        />
      </Dialog>
    </Dialog.Root>
  );
}
