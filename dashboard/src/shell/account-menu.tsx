/** The theme, the password, and the way out. It is drawn when it is asked for, so it is open at first. */

import { DropdownMenu } from "@cloudflare/kumo/components/dropdown";
import { lazy, type ReactElement, Suspense, useState } from "react";
import { useNavigate } from "react-router";
import { queries } from "@/api/client";
import { signOut, useSession } from "@/api/session";
import { setTheme, type Theme } from "@/lib/theme";
import { useTheme } from "@/lib/use-theme";
import { useNotify } from "@/ui/notices";

const PasswordDialog = lazy(() => import("@/shell/password-dialog"));

const THEMES: [Theme, string][] = [
  ["light", "Light"],
  ["dark", "Dark"],
  ["system", "As the system"],
];

export default function AccountMenu({ trigger }: { trigger: ReactElement }) {
  const { user } = useSession();
  const theme = useTheme();
  const navigate = useNavigate();
  const notify = useNotify();
  const [isChanging, setChanging] = useState(false);
  const leave = async () => {
    try {
      await signOut();
    } catch (error) {
      notify.problem("You are still signed in", error);
      return;
    }
    queries.clear();
    navigate("/login", { replace: true });
  };
  return (
    <>
      <DropdownMenu defaultOpen>
        <DropdownMenu.Trigger render={trigger} />
        <DropdownMenu.Content>
          <DropdownMenu.Group>
            <DropdownMenu.Label>Theme</DropdownMenu.Label>
            {THEMES.map(([name, label]) => (
              <DropdownMenu.CheckboxItem key={name} checked={theme === name} onCheckedChange={() => setTheme(name)}>
                {label}
              </DropdownMenu.CheckboxItem>
            ))}
          </DropdownMenu.Group>
          <DropdownMenu.Separator />
          {user.source !== "oidc" && user.id !== "operator" && (
            <DropdownMenu.Item onClick={() => setChanging(true)}>Change the password…</DropdownMenu.Item>
          )}
          <DropdownMenu.Item onClick={leave}>Sign out</DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu>
      {isChanging && (
        <Suspense>
          <PasswordDialog onClose={() => setChanging(false)} />
        </Suspense>
      )}
    </>
  );
}
