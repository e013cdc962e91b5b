import { useState } from "react";
import { client, refresh } from "@/api/client";
import { useSubmit } from "@/lib/submit";
import { shownName, type UserRow, useUserPath } from "@/pages/users/api";
import { PasswordShown } from "@/pages/users/new-user";
import { usePasswordChoice } from "@/pages/users/password-choice";
import { Form } from "@/ui/form";
import { Modal } from "@/ui/modal";
import { useNotify } from "@/ui/notices";

export function PasswordReset({ user, onClose }: { user: UserRow; onClose: () => void }) {
  const path = useUserPath(user);
  const notify = useNotify();
  const [drawn, setDrawn] = useState<string | null>(null);
  const password = usePasswordChoice([user.name, user.display_name ?? ""], false);
  const submit = useSubmit(async () => {
    const chosen = password.take();
    await client.PATCH("/client/v4/accounts/{account_id}/users/{user_id}", {
      ...path,
      body: { ...(chosen.password && { password: chosen.password }) },
    });
    notify.done(`${shownName(user)} has another password`);
    await refresh();
    if (chosen.isDrawn && chosen.password) setDrawn(chosen.password);
    else onClose();
  });
  if (drawn) return <PasswordShown name={user.name} password={drawn} onClose={onClose} />;
  return (
    <Modal
      title={`Another password for ${shownName(user)}`}
      about="It takes the place of theirs at once, and they are signed out wherever they are signed in."
      onClose={onClose}
    >
      <Form submit={submit} action="Give it" onCancel={onClose}>
        {password.fields}
      </Form>
    </Modal>
  );
}
