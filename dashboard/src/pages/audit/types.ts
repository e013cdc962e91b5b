/** What the audit log tells. */

import type { Schemas } from "@/api/client";

export type Entry = Schemas["AuditLog"];
