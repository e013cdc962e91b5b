import { Input } from "@cloudflare/kumo/components/input";
import { useState } from "react";
import { client, refresh } from "@/api/client";
import { type Role, useSession } from "@/api/session";
import { useSubmit } from "@/lib/submit";
import { aboutRole, ROLE_OPTIONS } from "@/pages/users/api";
import { usePasswordChoice } from "@/pages/users/password-choice";
import { Code } from "@/ui/code";
import { FieldRow, Form } from "@/ui/form";
import { Modal } from "@/ui/modal";
import { useNotify } from "@/ui/notices";
import { SelectField } from "@/ui/select-field";
import { ShownOnce } from "@/ui/shown-once";

export function NewUserDialog({ onClose }: { onClose: () => void }) {
  const { account_id } = useSession();
  const notify = useNotify();
  const [name, setName] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [drawn, setDrawn] = useState<string | null>(null);
  const password = usePasswordChoice([name, displayName], true);
  const submit = useSubmit(async () => {
    const chosen = password.take();
    await client.POST("/client/v4/accounts/{account_id}/users", {
      params: { path: { account_id } },
      body: {
        name,
        role,
        display_name: displayName || null,
        email: email || null,
        password: chosen.password ?? null,
      },
    });
    notify.done(`${displayName || name} is a user now`);
    await refresh();
    if (chosen.isDrawn && chosen.password) setDrawn(chosen.password);
    else onClose();
  });
  if (drawn) return <PasswordShown name={name} password={drawn} onClose={onClose} />;
  return (
    <Modal title="Add a user" onClose={onClose}>
      <Form submit={submit} action="Add the user" onCancel={onClose}>
        <FieldRow>
          <Input
            label="Name"
            description="What they sign in with."
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            maxLength={64}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Input
            label="Shown as"
            description="In words, such as Ada Lovelace."
            autoComplete="off"
            maxLength={120}
            value={displayName}
            onChange={(event) => setDisplayName(event.target.value)}
          />
        </FieldRow>
        <Input
          label="E-mail"
          description="For you to know whom this is; nothing is sent."
          type="email"
          autoComplete="off"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <SelectField
          label="Role"
          description={aboutRole(role)}
          value={role}
          options={ROLE_OPTIONS}
          onChange={setRole}
        />
        {password.fields}
      </Form>
    </Modal>
  );
}

/** What to tell them: where, who, and with what. */
export function PasswordShown({ name, password, onClose }: { name: string; password: string; onClose: () => void }) {
  const { url } = useSession();
  return (
    <ShownOnce title={`The password of ${name}`} what="Password" secret={password} onClose={onClose}>
      <p className="m-0 text-sm">
        Tell them on a way that nobody else reads. They can change it under their name at the bottom left.
      </p>
      <Code label="What to tell them" text={`${url}/dashboard/\nName: ${name}\nPassword: ${password}`} />
    </ShownOnce>
  );
}
