/** A provider of the account's own, and what is done with it. */

import type { Schemas } from "@/api/client";

export type Provider = Schemas["CustomProviderObject"];
export type ProviderDoing = "open" | "edit" | "delete" | "switch";
