/** Why another server's word did not open this one. */

const WORDS: Record<string, [what: string, advice: string]> = {
  oidc_off: ["Signing in elsewhere is not set up here.", "Sign in with a name and a password."],
  oidc_expired: ["That took too long, or was begun in another browser.", "Try again."],
  oidc_refused: ["You were not signed in over there.", "Try again, and agree to sign in to Torana."],
  oidc_not_allowed: [
    "You are known over there, but have no role here.",
    "Ask an owner: the server's settings say who comes in, and its log says why you did not.",
  ],
  oidc_failed: ["The other server could not be asked.", "Try again later; the log of this server has the details."],
  too_many_tries: ["Too many tries.", "Wait a quarter of an hour, then try again."],
  unavailable: ["The server's store cannot be used at the moment.", "Try again in a minute."],
};

export function OutsideProblem({ code }: { code: string }) {
  const [what, advice] = WORDS[code] ?? ["Signing in failed.", "Try again; the server's log has the details."];
  return (
    <div role="alert" className="flex flex-col gap-1 text-sm leading-normal">
      <p className="m-0 font-medium text-kumo-danger">{what}</p>
      <p className="m-0">{advice}</p>
    </div>
  );
}
