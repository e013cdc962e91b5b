import { Input } from "@cloudflare/kumo/components/input";
import { useState } from "react";
import { changePassword, useSession } from "@/api/session";
import { useSubmit } from "@/lib/submit";
import { Form } from "@/ui/form";
import { Modal } from "@/ui/modal";
import { faultOf, NewPassword, NO_PASSWORD } from "@/ui/new-password";
import { useNotify } from "@/ui/notices";

export default function PasswordDialog({ onClose }: { onClose: () => void }) {
  const { user } = useSession();
  const isByLink = user.source === "link";
  const [old, setOld] = useState("");
  const [next, setNext] = useState(NO_PASSWORD);
  const notify = useNotify();
  const names = [user.name, user.display_name ?? ""];
  const submit = useSubmit(async () => {
    const fault = faultOf(next, names);
    if (fault) throw new Error(fault);
    await changePassword(old, next.text);
    notify.done("Your password is changed", "You are signed out wherever else you were signed in.");
    onClose();
  });
  return (
    <Modal title="Change your password" size="base" onClose={onClose}>
      <Form submit={submit} action="Change it" onCancel={onClose}>
        <Input
          label="Password now"
          description={isByLink ? "Not needed within an hour of coming by a link." : undefined}
          type="password"
          autoComplete="current-password"
          required={!isByLink}
          value={old}
          onChange={(event) => setOld(event.target.value)}
        />
        <NewPassword label="New password" value={next} onChange={setNext} names={names} />
      </Form>
    </Modal>
  );
}
