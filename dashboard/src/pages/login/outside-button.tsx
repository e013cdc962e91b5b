/** Signs in at a provider of OpenID Connect, which sends the browser back. */

import { LinkButton } from "@cloudflare/kumo/components/button";
import { keepNext } from "@/pages/login/next";

export function OutsideButton({ name, next }: { name: string; next: string }) {
  return (
    <>
      <p className="m-0 flex items-center gap-3 text-xs text-kumo-subtle before:h-px before:flex-1 before:bg-kumo-line after:h-px after:flex-1 after:bg-kumo-line">
        or
      </p>
      <LinkButton
        href="/dashboard/oidc"
        onClick={() => keepNext(next)}
        variant="secondary"
        className="w-full justify-center"
      >
        Sign in with {name}
      </LinkButton>
    </>
  );
}
