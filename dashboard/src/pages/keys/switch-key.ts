import { refresh } from "@/api/client";
import { send } from "@/api/http";
import { KEYS, type RouterKey } from "@/pages/keys/api";
import { useNotify } from "@/ui/notices";

/** Turns a key off, or on again. */
export function useSwitchKey(): (key: RouterKey) => Promise<void> {
  const notify = useNotify();
  return async (key) => {
    try {
      await send("PATCH", `${KEYS}/${key.hash}`, { disabled: !key.disabled });
      if (key.disabled) notify.done(`The key ${key.name} opens the router again`);
      else notify.done(`The key ${key.name} is disabled`, "Requests with it are refused with 401 from now on.");
      await refresh();
    } catch (error) {
      notify.problem(`The key ${key.name} is as it was`, error);
    }
  };
}
