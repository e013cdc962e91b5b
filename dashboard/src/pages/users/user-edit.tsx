import { Input } from "@cloudflare/kumo/components/input";
import { useState } from "react";
import { client, refresh } from "@/api/client";
import { useSession } from "@/api/session";
import { useSubmit } from "@/lib/submit";
import { aboutRole, ROLE_OPTIONS, shownName, type UserRow, useUserPath } from "@/pages/users/api";
import { Form } from "@/ui/form";
import { Modal } from "@/ui/modal";
import { useNotify } from "@/ui/notices";
import { SelectField } from "@/ui/select-field";

export function UserEdit({ user, onClose }: { user: UserRow; onClose: () => void }) {
  const path = useUserPath(user);
  const notify = useNotify();
  const { user: self } = useSession();
  const [displayName, setDisplayName] = useState(user.display_name ?? "");
  const [email, setEmail] = useState(user.email ?? "");
  const [role, setRole] = useState(user.role);
  const submit = useSubmit(async () => {
    const body = {
      ...(displayName !== (user.display_name ?? "") && { display_name: displayName }),
      ...(email !== (user.email ?? "") && { email: email || null }),
      ...(role !== user.role && { role }),
    };
    await client.PATCH("/client/v4/accounts/{account_id}/users/{user_id}", { ...path, body });
    notify.done(`${displayName || user.name} is changed`);
    await refresh();
    onClose();
  });
  return (
    <Modal title={`Change ${shownName(user)}`} onClose={onClose}>
      <Form submit={submit} action="Keep the changes" onCancel={onClose}>
        <SelectField
          label="Role"
          description={aboutRole(role)}
          value={role}
          options={ROLE_OPTIONS}
          onChange={setRole}
        />
        {user.id === self.id && role !== "owner" && (
          <p className="m-0 text-sm text-kumo-danger">This is you: you will not see this page any more.</p>
        )}
        {user.source === "oidc" && (
          <p className="m-0 text-sm text-kumo-subtle">
            They sign in by OpenID Connect: where that names their role, name and e-mail, it says so anew each time.
          </p>
        )}
        <Input
          label="Shown as"
          autoComplete="off"
          maxLength={120}
          value={displayName}
          onChange={(event) => setDisplayName(event.target.value)}
        />
        <Input
          label="E-mail"
          type="email"
          autoComplete="off"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
      </Form>
    </Modal>
  );
}
