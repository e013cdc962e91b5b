/** What the server says of logs: the lines of a list, and everything of one. */

import type { Schemas } from "@/api/client";

/** A line of a list. */
export type LogRow = Schemas["WindowRow"];
export type WindowInfo = Schemas["WindowInfo"];
export type LogWindow = Pick<Schemas["LogWindow"], "result" | "result_info">;

/** Everything known of one log. */
export type Trace = Schemas["Trace"];
/** A call to a provider; times in seconds since the exchange began, status 0 = no answer came. */
export type Attempt = Trace["attempts"][number];
export type CostPart = Trace["cost_details"][number];
