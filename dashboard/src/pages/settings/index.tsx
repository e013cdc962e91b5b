/** Every setting of a gateway, saved all at once. */

import { Button } from "@cloudflare/kumo/components/button";
import { BracketsCurlyIcon } from "@phosphor-icons/react/BracketsCurly";
import { useMemo, useState } from "react";
import { api, client, refresh } from "@/api/client";
import { useMay } from "@/api/session";
import { AsCode } from "@/pages/settings/as-code";
import { DangerZone } from "@/pages/settings/danger-zone";
import { Facts } from "@/pages/settings/facts";
import { GROUPS } from "@/pages/settings/fields";
import { type Form, FormContext } from "@/pages/settings/form";
import { type Changes, type Gateway, normalized, type Setting, same, withChange } from "@/pages/settings/gateway";
import { hintsOf, problemsOf } from "@/pages/settings/problems";
import { SaveBar } from "@/pages/settings/save-bar";
import { Section } from "@/pages/settings/section";
import { SectionNav } from "@/pages/settings/section-nav";
import { useGateway } from "@/shell/gateway";
import { LeaveGuard } from "@/ui/leave-guard";
import { Loading } from "@/ui/loading";
import { useNotify } from "@/ui/notices";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";
import { ReadOnly } from "@/ui/read-only";

const PATH = "/client/v4/accounts/{account_id}/ai-gateway/gateways/{gateway_id}";

export default function Settings() {
  const { account, gateway } = useGateway();
  const path = { account_id: account, gateway_id: gateway };
  const found = api.useQuery("get", PATH, { params: { path } });
  if (found.data) return <Editor gateway={found.data.result} />;
  return (
    <Page title="Settings">
      {found.isError ? <Problem error={found.error} onRetry={() => found.refetch()} /> : <Loading />}
    </Page>
  );
}

function Editor({ gateway }: { gateway: Gateway }) {
  const [isCode, setCode] = useState(false);
  const { form, save, discard, isBusy } = useEditing(gateway);
  const isUnsaved = Object.keys(form.changes).length > 0;
  return (
    <FormContext value={form}>
      <Page
        title="Settings"
        about={`Everything the gateway ${gateway.id} can be set to. Requests may choose otherwise for themselves by headers.`}
        actions={
          <Button icon={<BracketsCurlyIcon />} onClick={() => setCode(true)}>
            As JSON
          </Button>
        }
      >
        <ReadOnly what="change these settings" />
        <div className="grid items-start gap-5 lg:grid-cols-[11.5rem_minmax(0,1fr)]">
          <SectionNav />
          <div className="flex min-w-0 flex-col gap-5">
            {GROUPS.map((group) => (
              <Section key={group.id} group={group} />
            ))}
            <Facts />
            {!form.isReadOnly && <DangerZone gateway={gateway.id} />}
            <SaveBar onSave={save} onDiscard={discard} isBusy={isBusy} />
          </div>
        </div>
      </Page>
      <LeaveGuard isUnsaved={isUnsaved} />
      {isCode && <AsCode onClose={() => setCode(false)} />}
    </FormContext>
  );
}

/** Only what somebody changed is kept here, so that what others save meanwhile stays. */
function useEditing(given: Gateway) {
  const may = useMay();
  const notify = useNotify();
  const base = useMemo(() => normalized(given), [given]);
  const [kept, setKept] = useState<Changes>({});
  const [isBusy, setBusy] = useState(false);
  const isReadOnly = !may("edit");
  const form = useMemo((): Form => {
    const still = Object.entries(kept).filter(([name, value]) => !same(base[name as Setting], value));
    const changes = Object.fromEntries(still) as Changes;
    const draft = { ...base, ...changes };
    return {
      base,
      draft,
      changes,
      problems: problemsOf(draft),
      hints: hintsOf(draft),
      isReadOnly,
      set: (name, value) => setKept((before) => withChange(base, before, name, value)),
    };
  }, [base, kept, isReadOnly]);
  const save = async () => {
    setBusy(true);
    try {
      await replace(base, form.changes);
      notify.done("The settings are saved", "They hold within a second.");
      await refresh();
      setKept({});
    } catch (error) {
      notify.problem("The settings are not saved", error);
    } finally {
      setBusy(false);
    }
  };
  return { form, save, discard: () => setKept({}), isBusy };
}

/** A PUT replaces everything: so the changes are laid over what is there now, fields unknown to this page included. */
async function replace(base: Gateway, changes: Changes): Promise<void> {
  const params = { path: { account_id: base.account_id, gateway_id: base.id } };
  const newest = await client.GET(PATH, { params });
  await client.PUT(PATH, { params, body: { ...(newest.data?.result ?? base), ...changes } });
}
