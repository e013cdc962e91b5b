/** What to do where there is no password to type. */

import { ApiError } from "@/api/http";
import { Code } from "@/ui/code";
import { messageOf } from "@/ui/notices";

export function NobodyYet() {
  return (
    <div className="flex flex-col gap-3 text-sm leading-normal">
      <p className="m-0">
        Nobody has an account here yet. Open the link that <code>torana serve</code> printed when it started:
      </p>
      <p className="m-0 rounded-md bg-kumo-recessed px-3 py-2 font-mono text-xs break-all">
        {window.location.origin}/dashboard/login#once=…
      </p>
      <p className="m-0">Not to be seen any more? This prints another one:</p>
      <Code label="Command for another link" text="torana dashboard" />
    </div>
  );
}

export function LinkProblem({ error }: { error: unknown }) {
  const isUsed = error instanceof ApiError && error.status < 500 && error.status !== 0 && error.status !== 429;
  const advice = error instanceof ApiError ? error.advice : "";
  return (
    <div role="alert" className="flex flex-col gap-2 text-sm leading-normal">
      <p className="m-0 font-medium text-kumo-danger">
        {isUsed ? "This link was used already, or it is too old." : `${messageOf(error)}.`}
      </p>
      {isUsed ? (
        <>
          <p className="m-0">A link opens once. This prints another one, in the terminal of the server:</p>
          <Code label="Command for another link" text="torana dashboard" />
        </>
      ) : (
        <p className="m-0">{advice}</p>
      )}
    </div>
  );
}
