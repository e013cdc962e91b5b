/** Keys of the router with their limits, and the credits that they use. */

import { Button } from "@cloudflare/kumo/components/button";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { useState } from "react";
import { useMay, useSession } from "@/api/session";
import { useUrlState } from "@/lib/url-state";
import { type RouterKey, useKeys } from "@/pages/keys/api";
import { CreditsCard } from "@/pages/keys/credits";
import { Guarding } from "@/pages/keys/guarding";
import { KeyDrawer } from "@/pages/keys/key-drawer";
import { KeyEdit } from "@/pages/keys/key-edit";
import { KeyRemoval } from "@/pages/keys/key-removal";
import { KeyTable } from "@/pages/keys/key-table";
import { NewKeyDialog } from "@/pages/keys/new-key";
import { useSwitchKey } from "@/pages/keys/switch-key";
import type { KeyDoing } from "@/pages/keys/types";
import { useGateways } from "@/shell/gateway";
import { Card } from "@/ui/card";
import { Choice } from "@/ui/choice";
import { FilterEntry } from "@/ui/filter-entry";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";
import { ReadOnly } from "@/ui/read-only";

export default function Keys() {
  const mayEdit = useMay()("edit");
  const { gateway_id } = useSession();
  const [workspace, setWorkspace] = useUrlState("workspace", gateway_id);
  const [create, setCreate] = useUrlState("create");
  return (
    <Page
      title="Keys and credits"
      about="Keys for the router at /api/v1, each with a limit of its own, and the credits that all of them use."
      actions={
        <>
          <WorkspaceChoice value={workspace} onChange={setWorkspace} />
          {mayEdit && (
            <Button variant="primary" icon={<PlusIcon />} onClick={() => setCreate("key")}>
              Create a key
            </Button>
          )}
        </>
      }
    >
      <ReadOnly what="make, change and delete keys" />
      <CreditsCard />
      <KeysCard workspace={workspace} />
      <Guarding workspace={workspace} />
      {create === "key" && mayEdit && (
        <NewKeyDialog workspace={workspace} onMade={setWorkspace} onClose={() => setCreate("")} />
      )}
    </Page>
  );
}

/** A workspace of the router is a gateway. Where there is one alone, nothing is to be chosen. */
function WorkspaceChoice({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const gateways = useGateways();
  const names = gateways.data?.result.map((one) => one.id) ?? [];
  if (names.length < 2) return null;
  return (
    <Choice
      label="Workspace (gateway)"
      value={value}
      options={(names.includes(value) ? names : [value, ...names]).map((name) => [name, name] as const)}
      onChange={onChange}
    />
  );
}

function KeysCard({ workspace }: { workspace: string }) {
  const mayEdit = useMay()("edit");
  const keys = useKeys(workspace);
  const [search, setSearch] = useUrlState("q");
  const [opened, setOpened] = useUrlState("key");
  const [, setCreate] = useUrlState("create");
  const [doing, setDoing] = useState<{ what: "edit" | "delete"; key: RouterKey } | null>(null);
  const switchKey = useSwitchKey();
  const onDo = (what: KeyDoing, key: RouterKey) => {
    if (what === "open") setOpened(key.hash);
    else if (what === "switch") switchKey(key);
    else setDoing({ what, key });
  };
  if (keys.isError) return <Problem error={keys.error} onRetry={() => keys.refetch()} />;
  const rows = keys.data?.filter((key) => fits(key, search));
  const shown = keys.data?.find((key) => key.hash === opened);
  return (
    <>
      <Card
        title="Keys"
        about={
          <>
            Keys that manage, made with <code>torana keys create --management</code>, do no inference and are not listed
            here: <code>torana keys list</code> has them.
          </>
        }
        actions={
          (keys.data?.length ?? 0) > 1 && (
            <FilterEntry label="Search keys" placeholder="Search…" isEager value={search} onChange={setSearch} />
          )
        }
        isFlush
      >
        <KeyTable
          rows={rows}
          mayEdit={mayEdit}
          isFiltered={search !== ""}
          onDo={onDo}
          onCreate={() => setCreate("key")}
        />
      </Card>
      {shown && <KeyDrawer routerKey={shown} mayEdit={mayEdit} onDo={onDo} onClose={() => setOpened("")} />}
      {doing?.what === "edit" && <KeyEdit routerKey={doing.key} onClose={() => setDoing(null)} />}
      {doing?.what === "delete" && (
        <KeyRemoval routerKey={doing.key} onDone={() => setOpened("")} onClose={() => setDoing(null)} />
      )}
    </>
  );
}

function fits(key: RouterKey, search: string): boolean {
  const text = `${key.name} ${key.label} ${key.hash} ${key.external_user ?? ""}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
