/** What an API token may be allowed, in words. */

import type { Schemas } from "@/api/client";

export type Token = Schemas["TokenObject"];
export type Permission = Token["permissions"][number];

export const PERMISSIONS: readonly { name: Permission; label: string; words: string }[] = [
  { name: "run", label: "Run", words: "Sends requests to models through the gateways. What an application needs." },
  {
    name: "read",
    label: "Read",
    words: "Sees settings, analytics and logs, what was asked and answered too.",
  },
  {
    name: "read_metadata",
    label: "Read metadata",
    words: "Sees the same without what was asked and answered. What monitoring needs.",
  },
  {
    name: "edit",
    label: "Edit",
    words: "Changes settings, stored keys, tokens and logs; reads all of them. What deployment needs.",
  },
];

export const labelOf = (name: Permission): string => PERMISSIONS.find((one) => one.name === name)?.label ?? name;

/** Edit holds read, and read holds the metadata: what is held already says nothing more. */
const HELD: Partial<Record<Permission, Permission[]>> = { edit: ["read", "read_metadata"], read: ["read_metadata"] };

export const isHeld = (name: Permission, chosen: readonly Permission[]): boolean =>
  chosen.some((one) => HELD[one]?.includes(name));

export const leastOf = (chosen: readonly Permission[]): Permission[] => chosen.filter((name) => !isHeld(name, chosen));
