/** Tokens of the API: for programs that call gateways, or manage them. */

import { Button } from "@cloudflare/kumo/components/button";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { useState } from "react";
import { api, client, refresh } from "@/api/client";
import { useMay, useSession } from "@/api/session";
import { useUrlState } from "@/lib/url-state";
import { NewTokenDialog } from "@/pages/tokens/new-token";
import type { Token } from "@/pages/tokens/permissions";
import { TokenTable } from "@/pages/tokens/token-table";
import { Card } from "@/ui/card";
import { Confirm } from "@/ui/confirm";
import { useNotify } from "@/ui/notices";
import { Page } from "@/ui/page";
import { Pager } from "@/ui/pager";
import { Problem } from "@/ui/problem";
import { ReadOnly } from "@/ui/read-only";

const PER_PAGE = 50;

export default function Tokens() {
  const mayEdit = useMay()("edit");
  const { account_id } = useSession();
  const [create, setCreate] = useUrlState("create");
  const [page, setPage] = useUrlState("page", "1");
  const [revoked, setRevoked] = useState<Token | null>(null);
  const tokens = api.useQuery("get", "/client/v4/accounts/{account_id}/tokens", {
    params: { path: { account_id }, query: { page: Number(page) || 1, per_page: PER_PAGE } },
  });
  return (
    <Page
      title="Tokens"
      about="API tokens are for programs: to call gateways that ask who is there, and to manage this server."
      actions={
        mayEdit && (
          <Button variant="primary" icon={<PlusIcon />} onClick={() => setCreate("token")}>
            Create a token
          </Button>
        )
      }
    >
      <ReadOnly what="make and revoke tokens" />
      {tokens.isError ? (
        <Problem error={tokens.error} onRetry={() => tokens.refetch()} />
      ) : (
        <>
          <Card isFlush>
            <TokenTable
              tokens={tokens.data?.result}
              mayEdit={mayEdit}
              onRevoke={setRevoked}
              onCreate={() => setCreate("token")}
            />
          </Card>
          <Pager
            page={Number(page) || 1}
            perPage={PER_PAGE}
            total={tokens.data?.result_info.total_count}
            onPage={(next) => setPage(String(next))}
          />
        </>
      )}
      {create === "token" && mayEdit && <NewTokenDialog onClose={() => setCreate("")} />}
      {revoked && <Revocation token={revoked} onClose={() => setRevoked(null)} />}
    </Page>
  );
}

function Revocation({ token, onClose }: { token: Token; onClose: () => void }) {
  const { account_id } = useSession();
  const notify = useNotify();
  const revoke = async () => {
    try {
      await client.DELETE("/client/v4/accounts/{account_id}/tokens/{token_id}", {
        params: { path: { account_id, token_id: token.id } },
      });
      notify.done(`The token ${token.name} is revoked`);
      await refresh();
    } catch (error) {
      notify.problem(`The token ${token.name} is not revoked`, error);
    }
    onClose();
  };
  return (
    <Confirm title={`Revoke ${token.name}?`} action="Revoke the token" onConfirm={revoke} onClose={onClose}>
      Whatever uses the token that ends in <code>…{token.preview}</code> is refused from the next request on. There is
      no way back: for another one, create a token.
    </Confirm>
  );
}
