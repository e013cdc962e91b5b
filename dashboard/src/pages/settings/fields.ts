/** Every setting of a gateway: what it is called, what it does, its unit, its bounds and its default. */

import { CACHING } from "@/pages/settings/fields-caching";
import { LIMITS } from "@/pages/settings/fields-limits";
import { LOGGING } from "@/pages/settings/fields-logging";
import { OTHERS } from "@/pages/settings/fields-others";
import type { Field, Group } from "@/pages/settings/gateway";

export const GROUPS: Group[] = [...CACHING, ...LIMITS, ...LOGGING, ...OTHERS];

export const FIELDS: Field[] = GROUPS.flatMap((group) => group.fields);

/** What the server says of a gateway and nobody sets. */
export const FACTS = [
  ["id", "Id"],
  ["account_id", "Account"],
  ["account_tag", "Account tag"],
  ["created_at", "Created"],
  ["modified_at", "Changed last"],
  ["is_default", "Default gateway"],
] as const;
