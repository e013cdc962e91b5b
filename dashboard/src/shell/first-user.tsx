/** Who came by the link of a server without users makes themselves the first one. */

import { Input } from "@cloudflare/kumo/components/input";
import { useState } from "react";
import { queries } from "@/api/client";
import { send } from "@/api/http";
import { getSession, SESSION_KEY, type Session } from "@/api/session";
import { useSubmit } from "@/lib/submit";
import { Form } from "@/ui/form";
import { faultOf, NewPassword, NO_PASSWORD } from "@/ui/new-password";
import { useNotify } from "@/ui/notices";

interface FirstUserProps {
  account: string;
  /** The session is then the new user's own. */
  onDone: (session: Session) => void;
  onLater: () => void;
}

export function FirstUserForm({ account, onDone, onLater }: FirstUserProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState(NO_PASSWORD);
  const notify = useNotify();
  const submit = useSubmit(async () => {
    const fault = faultOf(password, [name]);
    if (fault) throw new Error(fault);
    await send("POST", `/client/v4/accounts/${account}/users`, { name, password: password.text, role: "owner" });
    const session = await getSession();
    queries.setQueryData(SESSION_KEY, session);
    notify.done(`You are ${session.user.name}`, "Sign in with this name and password from now on.");
    onDone(session);
  });
  return (
    <Form submit={submit} action="Make the user" wayOut="Later" onCancel={onLater}>
      <Input
        label="Name"
        description="What you sign in with: small letters, digits, and . _ @ + - between them."
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        maxLength={64}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <NewPassword value={password} onChange={setPassword} names={[name]} />
    </Form>
  );
}
