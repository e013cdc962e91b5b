/** How far a test request has come. */

import type { Answer, Log } from "@/pages/start/trial";

export interface Progress {
  step: "idle" | "sending" | "waiting" | "done";
  answer: Answer | null;
  log: Log | null;
  error: unknown;
}
