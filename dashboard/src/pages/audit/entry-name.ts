import type { Entry } from "@/pages/audit/types";

const NAMES = ["name", "alias", "title", "model", "slug"] as const;

/** What people call the resource, where that is not its id. */
export function nameOf({
  resource,
  newValueJson,
  oldValueJson,
}: Pick<Entry, "resource" | "newValueJson" | "oldValueJson">) {
  for (const values of [newValueJson, oldValueJson]) {
    for (const name of NAMES) {
      const found = values?.[name];
      if (typeof found === "string" && found && found !== resource.id) return found;
    }
  }
  return null;
}
