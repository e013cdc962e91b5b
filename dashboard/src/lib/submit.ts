/** A form on its way: busy while the server works, and what it said where it did not do it. */

import { type FormEvent, useState } from "react";
import { ApiError } from "@/api/http";

export interface Submit {
  isBusy: boolean;
  problem: string | null;
  onSubmit: (event: FormEvent) => Promise<void>;
}

/** What `work` throws is shown beside the form, which keeps what was entered. */
export function useSubmit(work: () => Promise<unknown>): Submit {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(wordsOf(error));
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, onSubmit };
}

/** The server says itself what is wrong with what was entered; of other failures, what to do. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  const message = /[.!?]$/.test(error.message) ? error.message : `${error.message}.`;
  // A 401 here is a wrong password: whose session is over is sent to sign in.
  return error.status >= 400 && error.status < 500 && ![403, 404, 429].includes(error.status)
    ? message
    : `${message} ${error.advice}`;
}
