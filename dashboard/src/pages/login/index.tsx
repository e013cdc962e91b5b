/** The way in: by name and password, by OpenID Connect, or by a one-time link. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { queries } from "@/api/client";
import { getOptions, getSession, SESSION_KEY, type Session, signInByLink } from "@/api/session";
import { Entrance } from "@/pages/login/entrance";
import { useFragment } from "@/pages/login/fragment";
import { keptNext, safeNext, takeNext } from "@/pages/login/next";
import { LinkProblem, NobodyYet } from "@/pages/login/no-way-in";
import { OutsideButton } from "@/pages/login/outside-button";
import { OutsideProblem } from "@/pages/login/outside-problem";
import { PasswordForm } from "@/pages/login/password-form";
import { FirstUserForm } from "@/shell/first-user";
import { Loading } from "@/ui/loading";
import { Problem } from "@/ui/problem";

export default function Login() {
  const [params] = useSearchParams();
  const next = safeNext(params.get("next") ?? keptNext());
  const navigate = useNavigate();
  const [newcomer, setNewcomer] = useState<Session | null>(null);
  const goOn = () => {
    takeNext();
    navigate(next, { replace: true });
  };
  const enter = (session: Session) => {
    queries.clear();
    queries.setQueryData(SESSION_KEY, session);
    if (session.needs_user) setNewcomer(session);
    else goOn();
  };
  const fragment = useFragment();
  const link = useLink(fragment.secret, enter);
  const isChecking = useSignedInAlready(fragment.secret !== null, enter);
  const options = useQuery({ queryKey: ["session", "options"], queryFn: getOptions });
  useEffect(() => {
    document.title = "Sign in · Torana";
  }, []);
  if (newcomer) {
    return (
      <Entrance
        title="Make yourself a user"
        about="The link that brought you here does not open again. With a name and a password you get back in whenever you like."
      >
        <FirstUserForm account={newcomer.account_id} onDone={goOn} onLater={goOn} />
      </Entrance>
    );
  }
  if (link.isPending || isChecking) {
    return (
      <Entrance title="Signing in">
        <Loading label="Signing in" />
      </Entrance>
    );
  }
  const hasFailed = link.error !== null;
  return (
    <Entrance title="Sign in">
      {hasFailed && <LinkProblem error={link.error} />}
      {fragment.error && <OutsideProblem code={fragment.error} />}
      {options.isPending ? (
        <Loading />
      ) : options.isError ? (
        <Problem error={options.error} onRetry={() => options.refetch()} />
      ) : (
        <>
          {options.data.has_users ? <PasswordForm onEnter={enter} /> : !hasFailed && <NobodyYet />}
          {options.data.oidc && <OutsideButton name={options.data.oidc.name} next={next} />}
        </>
      )}
    </Entrance>
  );
}

/** Signs in with the secret that the page was opened with, once. */
function useLink(secret: string | null, onEnter: (session: Session) => void) {
  const tried = useRef<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isPending, setPending] = useState(secret !== null);
  useEffect(() => {
    // A second try would use up the link, and then say so.
    if (secret === null || tried.current === secret) return;
    tried.current = secret;
    setPending(true);
    setError(null);
    signInByLink(secret)
      .then(onEnter, setError)
      .finally(() => setPending(false));
  });
  return { isPending, error };
}

/** Who opens this page with a good cookie goes on. Who was sent here has none: that is known already. */
function useSignedInAlready(isByLink: boolean, onEnter: (session: Session) => void): boolean {
  const [isChecking, setChecking] = useState(() => !isByLink && queries.getQueryState(SESSION_KEY) === undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page opens
  useEffect(() => {
    if (!isChecking) return;
    queries.fetchQuery({ queryKey: SESSION_KEY, queryFn: getSession }).then(onEnter, () => setChecking(false));
  }, []);
  return isChecking;
}
