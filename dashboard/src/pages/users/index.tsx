/** Who may use this server's dashboard, and as what. */

import { Button } from "@cloudflare/kumo/components/button";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { useState } from "react";
import { client, refresh } from "@/api/client";
import { useMay } from "@/api/session";
import { useUrlState } from "@/lib/url-state";
import { PER_PAGE, shownName, type UserRow, useUserPath, useUsers } from "@/pages/users/api";
import { NewUserDialog } from "@/pages/users/new-user";
import { PasswordReset } from "@/pages/users/password-reset";
import { UserEdit } from "@/pages/users/user-edit";
import { UserTable } from "@/pages/users/user-table";
import { Card } from "@/ui/card";
import { Confirm } from "@/ui/confirm";
import { Empty } from "@/ui/empty";
import { useNotify } from "@/ui/notices";
import { Page } from "@/ui/page";
import { Pager } from "@/ui/pager";
import { Problem } from "@/ui/problem";

type Doing = { what: "edit" | "password" | "delete"; user: UserRow } | { what: "create" } | null;

export default function Users() {
  const may = useMay();
  const [doing, setDoing] = useState<Doing>(null);
  const close = () => setDoing(null);
  if (!may("own")) {
    return (
      <Page title="Users">
        <Card>
          <Empty
            title="Owners alone see the users"
            about="Your role does not. Ask an owner to make you one, or to do here what you came for."
          />
        </Card>
      </Page>
    );
  }
  return (
    <Page
      title="Users"
      about="Who may use this dashboard. Programs have tokens and keys instead."
      actions={
        <Button variant="primary" icon={<PlusIcon />} onClick={() => setDoing({ what: "create" })}>
          Add a user
        </Button>
      }
    >
      <List onDo={setDoing} />
      {doing?.what === "create" && <NewUserDialog onClose={close} />}
      {doing?.what === "edit" && <UserEdit user={doing.user} onClose={close} />}
      {doing?.what === "password" && <PasswordReset user={doing.user} onClose={close} />}
      {doing?.what === "delete" && <Removal user={doing.user} onClose={close} />}
    </Page>
  );
}

function List({ onDo }: { onDo: (doing: Doing) => void }) {
  const [page, setPage] = useUrlState("page", "1");
  const users = useUsers(Number(page) || 1);
  if (users.isError) return <Problem error={users.error} onRetry={() => users.refetch()} />;
  return (
    <>
      <Card isFlush>
        <UserTable users={users.data?.result} onDo={(what, user) => onDo({ what, user })} />
      </Card>
      <Pager
        page={Number(page) || 1}
        perPage={PER_PAGE}
        total={users.data?.result_info.total_count}
        onPage={(next) => setPage(String(next))}
      />
    </>
  );
}

function Removal({ user, onClose }: { user: UserRow; onClose: () => void }) {
  const path = useUserPath(user);
  const notify = useNotify();
  const remove = async () => {
    try {
      await client.DELETE("/client/v4/accounts/{account_id}/users/{user_id}", path);
      notify.done(`${shownName(user)} is deleted`, "Their sessions have ended.");
      await refresh();
    } catch (error) {
      notify.problem(`${shownName(user)} is not deleted`, error);
    }
    onClose();
  };
  return (
    <Confirm title={`Delete ${shownName(user)}?`} action="Delete the user" onConfirm={remove} onClose={onClose}>
      They are signed out everywhere at once. What they changed stays, and stays in the audit log under their name.
    </Confirm>
  );
}
