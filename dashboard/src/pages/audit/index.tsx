/** Who changed what, when, and from where. */

import { api } from "@/api/client";
import { useSession } from "@/api/session";
import { useUrlChange, useUrlState } from "@/lib/url-state";
import { AuditTable } from "@/pages/audit/audit-table";
import { EntryDrawer } from "@/pages/audit/entry-drawer";
import { FilterBar } from "@/pages/audit/filter-bar";
import { isAny, queryOf, useFilters } from "@/pages/audit/filters";
import { Card } from "@/ui/card";
import { Page } from "@/ui/page";
import { Pager } from "@/ui/pager";
import { Problem } from "@/ui/problem";

const PER_PAGE = 50;

export default function Audit() {
  const filters = useFilters();
  const change = useUrlChange();
  const [pageText] = useUrlState("page", "1");
  const [opened, setOpened] = useUrlState("entry");
  const page = Number(pageText) || 1;
  const entries = useEntries({ ...queryOf(filters, Date.now()), page, per_page: PER_PAGE });
  const shown = entries.data?.result.find((one) => one.id === opened);
  return (
    <Page title="Audit log" about="Each change of the configuration and each sign-in, with what was before and after.">
      <FilterBar filters={filters} />
      {entries.isError ? (
        <Problem error={entries.error} onRetry={() => entries.refetch()} />
      ) : (
        <>
          <Card isFlush>
            <AuditTable
              entries={entries.data?.result}
              isFiltered={isAny(filters)}
              onOpen={(entry) => setOpened(entry.id)}
            />
          </Card>
          <Pager
            page={page}
            perPage={PER_PAGE}
            total={entries.data?.result_info.total_count}
            onPage={(next) => change({ page: next === 1 ? null : String(next) })}
          />
        </>
      )}
      {opened &&
        (shown ? (
          <EntryDrawer entry={shown} onClose={() => setOpened("")} />
        ) : (
          entries.data && <Elsewhere id={opened} onClose={() => setOpened("")} />
        ))}
    </Page>
  );
}

/** Of an entry that a link names and that is not on this page of the list. */
function Elsewhere({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useEntries({ id });
  const entry = found.data?.result[0];
  return entry?.id === id ? <EntryDrawer entry={entry} onClose={onClose} /> : null;
}

function useEntries(query: Record<string, string | number>) {
  const { account_id } = useSession();
  return api.useQuery("get", "/client/v4/accounts/{account_id}/audit_logs", {
    params: { path: { account_id }, query },
  });
}
