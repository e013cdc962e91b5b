/** What can be done with a log: sent again here or elsewhere, linked to, deleted. */

import { Button } from "@cloudflare/kumo/components/button";
import { DropdownMenu } from "@cloudflare/kumo/components/dropdown";
import { DotsThreeIcon } from "@phosphor-icons/react/DotsThree";
import { PlayIcon } from "@phosphor-icons/react/Play";
import { useState } from "react";
import { useNavigate } from "react-router";
import { queries } from "@/api/client";
import { useMay, useSession } from "@/api/session";
import { moment } from "@/lib/format";
import { deleteLog, readBody } from "@/pages/logs/api";
import { type Call, callOf, curl, javascript, python } from "@/pages/logs/drawer/snippets";
import type { DrawerProps } from "@/pages/logs/drawer/types";
import type { Trace } from "@/pages/logs/types";
import { Confirm } from "@/ui/confirm";
import { copy } from "@/ui/copy-button";
import { useNotify } from "@/ui/notices";

const LANGUAGES: readonly (readonly [string, (call: Call) => string])[] = [
  ["curl", curl],
  ["Python", python],
  ["JavaScript", javascript],
];

export function Actions({ place, log, onDeleted }: DrawerProps & { log: Trace }) {
  const [isDeleting, setDeleting] = useState(false);
  const navigate = useNavigate();
  const notify = useNotify();
  const mayEdit = useMay()("edit");
  const { url } = useSession();
  const copied = async (what: string, text: () => Promise<string> | string) => {
    try {
      await copy(await text());
      notify.done(`${what} is copied`);
    } catch (error) {
      notify.problem(`${what} is not copied`, error);
    }
  };
  const snippet = async (write: (call: Call) => string) => {
    const isWhole = log.request_head_complete || !log.has_bodies;
    return write(callOf(log, url, isWhole ? log.request_head : await readBody(place, log.id, "request")));
  };
  const replay = () => navigate(`/playground?replay=${encodeURIComponent(log.gateway_id)}/${log.id}`);
  return (
    <>
      {mayEdit && log.has_bodies && (
        <Button variant="ghost" icon={<PlayIcon size={15} />} aria-label="Replay in the playground" onClick={replay}>
          <span className="hidden sm:inline">Replay</span>
        </Button>
      )}
      <DropdownMenu>
        <DropdownMenu.Trigger
          render={
            <Button
              variant="ghost"
              shape="square"
              aria-label="More to do with this log"
              icon={<DotsThreeIcon size={18} weight="bold" />}
            />
          }
        />
        <DropdownMenu.Content>
          {LANGUAGES.map(([name, write]) => (
            <DropdownMenu.Item key={name} onClick={() => void copied(`The ${name} call`, () => snippet(write))}>
              Copy as {name}
            </DropdownMenu.Item>
          ))}
          <DropdownMenu.Separator />
          <DropdownMenu.Item onClick={() => void copied("The link", () => linkOf(log))}>
            Copy the link to this log
          </DropdownMenu.Item>
          <DropdownMenu.Item onClick={() => void copied("The id", () => log.id)}>Copy its id</DropdownMenu.Item>
          {mayEdit && (
            <>
              <DropdownMenu.Separator />
              <DropdownMenu.Item variant="danger" onClick={() => setDeleting(true)}>
                Delete this log…
              </DropdownMenu.Item>
            </>
          )}
        </DropdownMenu.Content>
      </DropdownMenu>
      {isDeleting && (
        <Confirm
          title="Delete this log"
          action="Delete the log"
          onClose={() => setDeleting(false)}
          onConfirm={async () => {
            try {
              await deleteLog(place, log.id);
            } catch (error) {
              notify.problem("The log is not deleted", error);
              return;
            }
            notify.done("The log is deleted");
            onDeleted();
            // All but this one, which is not there any more.
            await queries.invalidateQueries({ predicate: (query) => !query.queryKey.includes(log.id) });
          }}
        >
          The log of {moment(log.created_at)} goes with its request and its answer. What analytics counted of it stays.
          There is no way back.
        </Confirm>
      )}
    </>
  );
}

/** To this log alone, without the filters of the list. */
function linkOf(log: Trace): string {
  const path = `/dashboard/gateways/${encodeURIComponent(log.gateway_id)}/logs`;
  return `${window.location.origin}${path}?log=${log.id}`;
}
