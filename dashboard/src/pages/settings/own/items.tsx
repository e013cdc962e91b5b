/** A list whose entries are added, changed and removed; each is a box of its own. */

import { Button } from "@cloudflare/kumo/components/button";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { TrashIcon } from "@phosphor-icons/react/Trash";
import type { ReactNode } from "react";

interface ItemsProps<Item> {
  /** One of them, such as `rate limit`. */
  noun: string;
  items: readonly Item[];
  most: number;
  isReadOnly: boolean;
  made: () => Item;
  onChange: (items: Item[]) => void;
  /** Of one entry; `set` puts another in its place. */
  children: (item: Item, at: number, set: (item: Item) => void) => ReactNode;
}

export function Items<Item>({ noun, items, most, isReadOnly, made, onChange, children }: ItemsProps<Item>) {
  return (
    <div className="flex flex-col items-start gap-3">
      {items.length > 0 && (
        <ol className="m-0 flex w-full list-none flex-col gap-3 p-0">
          {items.map((item, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: entries have no ids, and their fields keep nothing of their own
            <li key={at} className="flex items-start gap-2 rounded-md border border-kumo-line bg-kumo-elevated p-3">
              <div className="min-w-0 flex-1">
                {children(item, at, (next) => onChange(items.map((one, place) => (place === at ? next : one))))}
              </div>
              {!isReadOnly && (
                <Button
                  variant="ghost"
                  shape="square"
                  aria-label={`Remove ${noun} ${at + 1}`}
                  icon={<TrashIcon size={16} />}
                  onClick={() => onChange(items.filter((_one, place) => place !== at))}
                />
              )}
            </li>
          ))}
        </ol>
      )}
      {items.length === 0 && isReadOnly && <p className="m-0 text-sm text-kumo-subtle">None.</p>}
      {!isReadOnly && items.length < most && (
        <Button size="sm" icon={<PlusIcon />} onClick={() => onChange([...items, made()])}>
          {`Add a ${noun}`}
        </Button>
      )}
      {items.length >= most && <p className="m-0 text-xs text-kumo-subtle">{`There are at most ${most}.`}</p>}
    </div>
  );
}
