/** Providers that the account brings along, and what their models cost. */

import { Button } from "@cloudflare/kumo/components/button";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { useState } from "react";
import { api, client, refresh } from "@/api/client";
import { useMay, useSession } from "@/api/session";
import { useUrlChange, useUrlState } from "@/lib/url-state";
import { ProviderDrawer } from "@/pages/custom-providers/provider-drawer";
import { ProviderForm } from "@/pages/custom-providers/provider-form";
import { ProviderTable } from "@/pages/custom-providers/provider-table";
import type { Provider, ProviderDoing } from "@/pages/custom-providers/types";
import { Card } from "@/ui/card";
import { Confirm } from "@/ui/confirm";
import { FilterEntry } from "@/ui/filter-entry";
import { useNotify } from "@/ui/notices";
import { Page } from "@/ui/page";
import { Pager } from "@/ui/pager";
import { Problem } from "@/ui/problem";
import { ReadOnly } from "@/ui/read-only";

const PER_PAGE = 50;

export default function CustomProviders() {
  const mayEdit = useMay()("edit");
  const { account_id } = useSession();
  const [create, setCreate] = useUrlState("create");
  const [search] = useUrlState("q");
  const [page, setPage] = useUrlState("page", "1");
  const change = useUrlChange();
  const list = api.useQuery("get", "/client/v4/accounts/{account_id}/ai-gateway/custom-providers", {
    params: {
      path: { account_id },
      query: { page: Number(page) || 1, per_page: PER_PAGE, ...(search && { search }) },
    },
  });
  const isFew = !search && (list.data?.result_info.total_count ?? 0) < 2;
  return (
    <Page
      title="Custom providers"
      about="Upstreams of your own that speak OpenAI's formats, such as vLLM. Gateways call them as custom-NAME."
      actions={
        <>
          {!isFew && (
            <FilterEntry
              label="Search providers"
              placeholder="Search…"
              value={search}
              onChange={(q) => change({ q: q || null, page: null })}
            />
          )}
          {mayEdit && (
            <Button variant="primary" icon={<PlusIcon />} onClick={() => setCreate("provider")}>
              Add a provider
            </Button>
          )}
        </>
      }
    >
      <ReadOnly what="add and change providers and prices" />
      {list.isError ? (
        <Problem error={list.error} onRetry={() => list.refetch()} />
      ) : (
        <>
          <Providers providers={list.data?.result} mayEdit={mayEdit} isFiltered={search !== ""} />
          <Pager
            page={Number(page) || 1}
            perPage={PER_PAGE}
            total={list.data?.result_info.total_count}
            onPage={(next) => setPage(String(next))}
          />
        </>
      )}
      {create === "provider" && mayEdit && (
        <ProviderForm
          provider={null}
          onMade={(id) => change({ create: null, provider: id })}
          onClose={() => setCreate("")}
        />
      )}
    </Page>
  );
}

interface ProvidersProps {
  providers: Provider[] | undefined;
  mayEdit: boolean;
  isFiltered: boolean;
}

function Providers({ providers, mayEdit, isFiltered }: ProvidersProps) {
  const [opened, setOpened] = useUrlState("provider");
  const [, setCreate] = useUrlState("create");
  const [doing, setDoing] = useState<{ what: "edit" | "delete"; provider: Provider } | null>(null);
  const toggle = useSwitch();
  const onDo = (what: ProviderDoing, provider: Provider) => {
    if (what === "open") setOpened(provider.id);
    else if (what === "switch") toggle(provider);
    else setDoing({ what, provider });
  };
  const shown = providers?.find((one) => one.id === opened);
  return (
    <>
      <Card isFlush>
        <ProviderTable
          providers={providers}
          mayEdit={mayEdit}
          isFiltered={isFiltered}
          onDo={onDo}
          onCreate={() => setCreate("provider")}
        />
      </Card>
      {shown && <ProviderDrawer provider={shown} mayEdit={mayEdit} onDo={onDo} onClose={() => setOpened("")} />}
      {doing?.what === "edit" && <ProviderForm provider={doing.provider} onClose={() => setDoing(null)} />}
      {doing?.what === "delete" && (
        <Removal provider={doing.provider} onDone={() => setOpened("")} onClose={() => setDoing(null)} />
      )}
    </>
  );
}

function useSwitch(): (provider: Provider) => Promise<void> {
  const { account_id } = useSession();
  const notify = useNotify();
  return async (provider) => {
    try {
      await client.PATCH("/client/v4/accounts/{account_id}/ai-gateway/custom-providers/{provider_id}", {
        params: { path: { account_id, provider_id: provider.id } },
        body: { enable: !provider.enable },
      });
      notify.done(
        `${provider.name} is ${provider.enable ? "disabled" : "enabled"}`,
        provider.enable ? "Gateways refuse requests to it." : `Gateways call it as custom-${provider.slug}.`,
      );
      await refresh();
    } catch (error) {
      notify.problem(`${provider.name} is as it was`, error);
    }
  };
}

function Removal({ provider, onDone, onClose }: { provider: Provider; onDone: () => void; onClose: () => void }) {
  const { account_id } = useSession();
  const notify = useNotify();
  const remove = async () => {
    try {
      await client.DELETE("/client/v4/accounts/{account_id}/ai-gateway/custom-providers/{provider_id}", {
        params: { path: { account_id, provider_id: provider.id } },
      });
      notify.done(`${provider.name} is deleted`);
      onDone();
      await refresh();
    } catch (error) {
      notify.problem(`${provider.name} is not deleted`, error);
    }
    onClose();
  };
  return (
    <Confirm title={`Delete ${provider.name}?`} action="Delete the provider" onConfirm={remove} onClose={onClose}>
      <p className="m-0">
        Requests to <code>custom-{provider.slug}</code> are refused from now on, and its prices go with it. Logs stay,
        with what they cost. To keep a way back, disable it instead.
      </p>
    </Confirm>
  );
}
