/** ⌘K: every page, every gateway, and what can be done at once. */

import { CommandPalette } from "@cloudflare/kumo/components/command-palette";
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { useMay } from "@/api/session";
import { setTheme } from "@/lib/theme";
import { GROUPS, hrefOf, PAGES } from "@/pages";
import { useGateways, useLastGateway } from "@/shell/gateway";

interface Entry {
  id: string;
  title: string;
  hint: string;
  words: string;
  run: () => void;
}

interface EntryGroup {
  label: string;
  items: Entry[];
}

export default function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const groups = useEntries();
  const found = useMemo(() => filtered(groups, text), [groups, text]);
  const choose = (entry: Entry) => {
    onClose();
    entry.run();
  };
  return (
    <CommandPalette.Root
      open
      onOpenChange={(isOpen) => !isOpen && onClose()}
      items={found}
      value={text}
      onValueChange={setText}
      itemToStringValue={(group: EntryGroup) => group.label}
      onSelect={choose}
      getSelectableItems={(all: EntryGroup[]) => all.flatMap((group) => group.items)}
    >
      <CommandPalette.Input placeholder="Go to a page or a gateway, or do something…" />
      <CommandPalette.List>
        <CommandPalette.Results>
          {(group: EntryGroup) => (
            <CommandPalette.Group key={group.label} items={group.items}>
              <CommandPalette.GroupLabel>{group.label}</CommandPalette.GroupLabel>
              <CommandPalette.Items>
                {(entry: Entry) => (
                  <CommandPalette.Item key={entry.id} value={entry} onClick={() => choose(entry)}>
                    <span className="flex w-full items-baseline justify-between gap-3">
                      <span>{entry.title}</span>
                      <span className="text-xs text-kumo-subtle">{entry.hint}</span>
                    </span>
                  </CommandPalette.Item>
                )}
              </CommandPalette.Items>
            </CommandPalette.Group>
          )}
        </CommandPalette.Results>
        <CommandPalette.Empty>Nothing is called so</CommandPalette.Empty>
      </CommandPalette.List>
    </CommandPalette.Root>
  );
}

function useEntries(): EntryGroup[] {
  const navigate = useNavigate();
  const gateway = useLastGateway();
  const gateways = useGateways();
  const may = useMay();
  return useMemo(() => {
    const go = (path: string) => () => navigate(path);
    const pages = PAGES.filter((page) => !page.isOwners || may("own")).map((page) => ({
      id: `page-${page.group}-${page.path}`,
      title: page.label,
      hint: page.group === "gateway" ? gateway : GROUPS[page.group],
      words: page.words,
      run: go(hrefOf(page, gateway)),
    }));
    const others = (gateways.data?.result ?? []).map((one) => ({
      id: `gateway-${one.id}`,
      title: one.id,
      hint: "its logs",
      words: "gateway",
      run: go(`/gateways/${encodeURIComponent(one.id)}/logs`),
    }));
    const actions = [
      { title: "Light theme", words: "appearance", run: () => setTheme("light") },
      { title: "Dark theme", words: "appearance", run: () => setTheme("dark") },
      ...(may("edit")
        ? [
            { title: "Create a gateway", words: "new", run: go("/?create=gateway") },
            { title: "Create a key of the router", words: "new api key", run: go("/keys?create=key") },
            { title: "Create an API token", words: "new", run: go("/tokens?create=token") },
          ]
        : []),
    ].map((one) => ({ ...one, id: `action-${one.title}`, hint: "" }));
    return [
      { label: "Pages", items: pages },
      { label: "Gateways", items: others },
      { label: "Actions", items: actions },
    ];
  }, [navigate, gateway, gateways.data, may]);
}

/** All words must be there, in any order. */
function filtered(groups: EntryGroup[], text: string): EntryGroup[] {
  const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
  return groups
    .map((group) => ({
      ...group,
      items: group.items.filter((item) => {
        const all = `${item.title} ${item.words} ${item.hint}`.toLowerCase();
        return wanted.every((word) => all.includes(word));
      }),
    }))
    .filter((group) => group.items.length > 0);
}
