/** Asks before something that cannot be undone. */

import { Button } from "@cloudflare/kumo/components/button";
import { Input } from "@cloudflare/kumo/components/input";
import { type FormEvent, type ReactNode, useState } from "react";
import { Modal } from "@/ui/modal";

interface ConfirmProps {
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** The button's words, such as `Delete the gateway`. */
  action: string;
  /** To be typed first, for what many depend on. */
  typed?: string;
  onConfirm: () => Promise<unknown>;
  onClose: () => void;
}

export function Confirm({ title, children, action, typed, onConfirm, onClose }: ConfirmProps) {
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await onConfirm();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal title={title} size="base" onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <div className="text-sm">{children}</div>
        {typed && (
          <Input label={`Type ${typed} to confirm`} value={text} onChange={(event) => setText(event.target.value)} />
        )}
        <div className="flex justify-end gap-2">
          <Button type="button" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" variant="destructive" loading={isBusy} disabled={Boolean(typed) && text !== typed}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
