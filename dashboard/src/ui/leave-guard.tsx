/** Asks before somebody leaves a page with something unsaved on it. */

import { Button } from "@cloudflare/kumo/components/button";
import { useEffect } from "react";
import { useBlocker } from "react-router";
import { Modal } from "@/ui/modal";

export function LeaveGuard({ isUnsaved }: { isUnsaved: boolean }) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => isUnsaved && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (!isUnsaved) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isUnsaved]);
  if (blocker.state !== "blocked") return null;
  return (
    <Modal
      title="Leave without saving?"
      about="What you changed on this page is lost then."
      size="base"
      onClose={() => blocker.reset()}
    >
      <div className="flex justify-end gap-2">
        <Button onClick={() => blocker.reset()}>Stay here</Button>
        <Button variant="destructive" onClick={() => blocker.proceed()}>
          Leave, and lose the changes
        </Button>
      </div>
    </Modal>
  );
}
