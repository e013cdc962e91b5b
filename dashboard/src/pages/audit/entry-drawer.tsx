/** One entry: who, what, when, and the difference that it made. */

import { Button } from "@cloudflare/kumo/components/button";
import { Switch } from "@cloudflare/kumo/components/switch";
import { type ReactNode, useState } from "react";
import { moment } from "@/lib/format";
import { useUrlChange } from "@/lib/url-state";
import { DifferenceTable } from "@/pages/audit/difference-table";
import { differencesOf } from "@/pages/audit/differences";
import { nameOf } from "@/pages/audit/entry-name";
import { FILTERS } from "@/pages/audit/filters";
import type { Entry } from "@/pages/audit/types";
import { actionWords, interfaceWords, resourceWords } from "@/pages/audit/words";
import { Badge } from "@/ui/badge";
import { Code } from "@/ui/code";
import { CopyButton } from "@/ui/copy-button";
import { Drawer } from "@/ui/drawer";
import { Facts } from "@/ui/facts";

export function EntryDrawer({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const name = nameOf(entry);
  const { word } = actionWords(entry.action.type, entry.action.result === false);
  return (
    <Drawer title={`${resourceWords(entry.resource.type)} ${name ? `${name} ` : ""}${word}`} onClose={onClose}>
      <div className="flex flex-col gap-6">
        <Facts facts={factsOf(entry)} />
        <Narrow entry={entry} />
        <Change entry={entry} />
      </div>
    </Drawer>
  );
}

function factsOf(entry: Entry): [string, ReactNode][] {
  const { word, tone } = actionWords(entry.action.type, entry.action.result === false);
  return [
    ["When", moment(entry.when, "milli")],
    ["Who", who(entry)],
    ["From", interfaceWords(entry.interface)],
    [
      "Did",
      <Badge key="did" tone={tone}>
        {word}
      </Badge>,
    ],
    [
      "Which",
      <span key="which" className="inline-flex max-w-full flex-wrap items-center gap-x-2">
        {resourceWords(entry.resource.type)} <code className="text-xs break-all">{entry.resource.id}</code>
        <CopyButton text={entry.resource.id} />
      </span>,
    ],
    [
      "Entry",
      <code key="entry" className="text-xs break-all">
        {entry.id}
      </code>,
    ],
  ];
}

/** From one entry to all of its kind. */
function Narrow({ entry }: { entry: Entry }) {
  const change = useUrlChange();
  const { actor, resource } = entry;
  const ways: [string, Record<string, string>][] = [
    [`All that ${actor.name || actor.id} did`, { actor: actor.id }],
    [`All of this ${resourceWords(resource.type).toLowerCase()}`, { type: resource.type, id: resource.id }],
  ];
  const none = Object.fromEntries(FILTERS.map((name) => [name, null]));
  return (
    <div className="flex flex-wrap gap-2">
      {ways
        .filter(([, filters]) => Object.values(filters).every(Boolean))
        .map(([label, filters]) => (
          <Button key={label} size="sm" onClick={() => change({ ...none, ...filters, page: null, entry: null })}>
            {label}
          </Button>
        ))}
    </div>
  );
}

function who({ actor }: Entry): string {
  const rest = [actor.id !== actor.name ? actor.id : "", actor.email ?? "", actor.ip ?? ""].filter(Boolean);
  return rest.length ? `${actor.name} (${rest.join(", ")})` : actor.name;
}

function Change({ entry }: { entry: Entry }) {
  const [isWhole, setWhole] = useState(false);
  const [isRaw, setRaw] = useState(false);
  const all = differencesOf(entry.oldValueJson, entry.newValueJson);
  const changed = all.filter((one) => one.kind !== "same");
  if (all.length === 0) {
    return <p className="m-0 text-sm text-kumo-subtle">Nothing more is kept of this.</p>;
  }
  return (
    <section className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h3 className="m-0 text-sm font-semibold">{titleOf(entry)}</h3>
        <span className="flex items-center gap-4">
          {changed.length < all.length && !isRaw && (
            <Switch size="sm" label="What stayed too" checked={isWhole} onCheckedChange={setWhole} />
          )}
          <Button size="sm" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
            {isRaw ? "As a table" : "As JSON"}
          </Button>
        </span>
      </div>
      {isRaw ? <Raw entry={entry} /> : <DifferenceTable differences={isWhole ? all : changed} />}
    </section>
  );
}

function titleOf(entry: Entry): string {
  if (!entry.oldValueJson) return "What came";
  return entry.newValueJson ? "What changed" : "What went";
}

function Raw({ entry }: { entry: Entry }) {
  return (
    <>
      {entry.oldValueJson && <Code label="Before" text={JSON.stringify(entry.oldValueJson, null, 2)} />}
      {entry.newValueJson && <Code label="After" text={JSON.stringify(entry.newValueJson, null, 2)} />}
    </>
  );
}
