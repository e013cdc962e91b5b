import { Button } from "@cloudflare/kumo/components/button";
import { Input } from "@cloudflare/kumo/components/input";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { ApiError } from "@/api/http";
import { type Session, signIn } from "@/api/session";
import { duration } from "@/lib/format";
import { messageOf } from "@/ui/notices";
import { Ticks } from "@/ui/ticks";

export function PasswordForm({ onEnter }: { onEnter: (session: Session) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [waitS, startWaiting] = useCountdown();
  const field = useRef<HTMLInputElement>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      onEnter(await signIn(name, password));
    } catch (error) {
      if (error instanceof ApiError && error.status === 429) startWaiting(error.retryAfterS ?? 60);
      else setProblem(wordsFor(error));
      setBusy(false);
      field.current?.select();
    }
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Input
        label="Name"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        required
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Input
        ref={field}
        label="Password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      {problem && (
        <p role="alert" className="m-0 text-sm text-kumo-danger">
          <Ticks text={problem} />
        </p>
      )}
      {waitS > 0 && (
        <p role="alert" className="m-0 text-sm text-kumo-danger">
          Too many tries. Try again in <span className="tabular">{duration(waitS * 1000)}</span>.
        </p>
      )}
      <Button type="submit" variant="primary" loading={isBusy} disabled={waitS > 0} className="w-full justify-center">
        Sign in
      </Button>
      <details className="text-sm text-kumo-subtle">
        <summary className="cursor-pointer">Locked out?</summary>
        <p className="m-0 mt-2 leading-normal">
          An owner can give you a new password. Whoever runs the server gets in with <code>torana dashboard</code> in
          its terminal, which prints a link.
        </p>
      </details>
    </form>
  );
}

function wordsFor(error: unknown): string {
  if (!(error instanceof ApiError)) return messageOf(error);
  if (error.status === 401) return "Name and password do not belong together.";
  return `${error.message}. ${error.advice}`.replace("..", ".");
}

/** Seconds that are left, counted down. */
function useCountdown(): [number, (seconds: number) => void] {
  const [until, setUntil] = useState(0);
  const [now, setNow] = useState(0);
  useEffect(() => {
    if (!until) return;
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [until]);
  const start = (seconds: number) => {
    setNow(Date.now());
    setUntil(Date.now() + seconds * 1000);
  };
  return [Math.max(0, Math.ceil((until - now) / 1000)), start];
}
