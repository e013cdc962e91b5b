/** One provider: its addresses, its stored keys, and how a request brings its own. */

import { Button } from "@cloudflare/kumo/components/button";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { useState } from "react";
import { Link } from "react-router";
import { useMay, useSession } from "@/api/session";
import { count, usd } from "@/lib/format";
import { logsHref } from "@/lib/log-link";
import { KeyDialog } from "@/pages/providers/key-dialog";
import { KeyRow } from "@/pages/providers/key-row";
import { formatsOf, type Shown, type StoredKey, usedOf } from "@/pages/providers/provider";
import { keyHeader } from "@/pages/providers/secret";
import { isAddress } from "@/pages/settings/problems";
import { useGateway } from "@/shell/gateway";
import { Code } from "@/ui/code";
import { Drawer } from "@/ui/drawer";

export function ProviderDrawer({ row, onClose }: { row: Shown; onClose: () => void }) {
  const { provider, keys } = row;
  const { gateway } = useGateway();
  const logs = logsHref(gateway, { filters: [{ key: "provider", operator: "eq", value: [provider.slug] }] });
  return (
    <Drawer title={provider.name} onClose={onClose}>
      <div className="flex flex-col gap-6">
        <p className="m-0 flex flex-wrap gap-x-4 gap-y-1 text-sm text-kumo-subtle">
          <code className="font-mono">{provider.slug}</code>
          {provider.formats.length > 0 && <span>{`speaks ${formatsOf(provider).join(", ")}`}</span>}
          {provider.website && isAddress(provider.website) && (
            <a href={provider.website} target="_blank" rel="noreferrer" className="text-kumo-link underline">
              {new URL(provider.website).hostname}
            </a>
          )}
          <Link to={logs} className="text-kumo-link underline">{`${count(row.requests)} requests in 30 days`}</Link>
          {row.cost !== null && <span>{usd(row.cost)}</span>}
        </p>
        <StoredKeys row={row} />
        <Addresses row={row} />
        {provider.needs_key && <OwnKey row={row} hasStored={usedOf(keys) !== null} />}
      </div>
    </Drawer>
  );
}

function StoredKeys({ row }: { row: Shown }) {
  const { provider, keys } = row;
  const may = useMay();
  const [edited, setEdited] = useState<StoredKey | "new" | null>(null);
  const used = usedOf(keys);
  return (
    <section aria-labelledby="stored-keys" className="flex flex-col gap-3">
      <div className="flex items-center justify-between gap-3">
        <h3 id="stored-keys" className="m-0 text-sm font-semibold">
          Stored keys
        </h3>
        {may("edit") && provider.needs_key && (
          <Button size="sm" icon={<PlusIcon />} onClick={() => setEdited("new")}>
            Add a key
          </Button>
        )}
      </div>
      {keys.length > 0 ? (
        <ul className="m-0 flex list-none flex-col gap-2 p-0">
          {keys.map((key) => (
            <KeyRow key={key.id} stored={key} isUsed={key === used} onEdit={() => setEdited(key)} />
          ))}
        </ul>
      ) : (
        <p className="m-0 text-sm text-kumo-subtle">
          {provider.needs_key
            ? "None: requests have to bring a key of their own."
            : "It needs no key: requests can be sent as they are."}
        </p>
      )}
      {keys.length > 0 && !used && (
        <p className="m-0 text-sm text-kumo-subtle">
          None of them is the default, so one is used only where a request names it with cf-aig-byok-alias.
        </p>
      )}
      {edited && <KeyDialog row={row} stored={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
    </section>
  );
}

function Addresses({ row: { provider } }: { row: Shown }) {
  const { gateway } = useGateway();
  const { url } = useSession();
  const own = url + provider.base_path.replace("{gateway_id}", gateway);
  return (
    <section aria-labelledby="addresses" className="flex flex-col gap-2">
      <h3 id="addresses" className="m-0 text-sm font-semibold">
        Addresses
      </h3>
      <p className="m-0 text-sm text-kumo-subtle">Its own API: give this base URL to its SDK.</p>
      <Code text={own} label="Base URL" />
      {provider.formats.length > 0 && (
        <>
          <p className="m-0 text-sm text-kumo-subtle">
            {`Or any SDK's API, with models named ${provider.slug}/MODEL; what the provider does not speak is translated.`}
          </p>
          <Code text={own.replace(/[^/]+$/, "compat")} label="Base URL for every format" />
        </>
      )}
    </section>
  );
}

function OwnKey({ row: { provider }, hasStored }: { row: Shown; hasStored: boolean }) {
  const word = provider.slug === "google-vertex-ai" ? "ACCESS_TOKEN or base64 of a service account" : "YOUR_KEY";
  const header = keyHeader(provider.slug, word);
  const isSigned = provider.slug === "aws-bedrock";
  return (
    <section aria-labelledby="own-key" className="flex flex-col gap-2">
      <h3 id="own-key" className="m-0 text-sm font-semibold">
        A key in the request instead
      </h3>
      <p className="m-0 text-sm text-kumo-subtle">
        {isSigned
          ? "The caller signs the request, as AWS's SDKs do, or sends an API key of Bedrock. It passes through, and is written nowhere."
          : "Where the provider's SDK puts it. It passes through, and is written nowhere."}
      </p>
      <Code text={header} label="A request's own key" />
      <p className="m-0 text-sm text-kumo-subtle">
        {hasStored
          ? "With the stored key: an API token, in the key's place or in a header of its own."
          : "With a stored key, once there is one: an API token, in the key's place or in a header of its own."}
      </p>
      <Code text="cf-aig-authorization: Bearer torana_…" label="An API token" />
    </section>
  );
}
