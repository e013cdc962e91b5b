import { refresh } from "@/api/client";
import { send } from "@/api/http";
import { KEYS, type RouterKey } from "@/pages/keys/api";
import { Confirm } from "@/ui/confirm";
import { useNotify } from "@/ui/notices";

interface KeyRemovalProps {
  routerKey: RouterKey;
  onDone: () => void;
  onClose: () => void;
}

export function KeyRemoval({ routerKey, onDone, onClose }: KeyRemovalProps) {
  const notify = useNotify();
  const remove = async () => {
    try {
      await send("DELETE", `${KEYS}/${routerKey.hash}`);
      notify.done(`The key ${routerKey.name} is deleted`);
      onDone();
      await refresh();
    } catch (error) {
      notify.problem(`The key ${routerKey.name} is not deleted`, error);
    }
    onClose();
  };
  return (
    <Confirm title={`Delete ${routerKey.name}?`} action="Delete the key" onConfirm={remove} onClose={onClose}>
      <p className="m-0">
        Whatever uses <code>{routerKey.label}</code> is refused with 401 from now on. What it used stays in activity,
        logs and credits. To keep a way back, disable it instead.
      </p>
    </Confirm>
  );
}
