/** A secret at the only moment at which it can be read. */

import { Button } from "@cloudflare/kumo/components/button";
import { type ReactNode, useState } from "react";
import { Code } from "@/ui/code";
import { CopyButton } from "@/ui/copy-button";
import { Modal } from "@/ui/modal";

interface ShownOnceProps {
  title: string;
  /** Such as `API token`. */
  what: string;
  secret: string;
  /** What to do with it: snippets, a word of advice. */
  children?: ReactNode;
  onClose: () => void;
}

/** Closes by its button alone: a click beside it would lose the secret. */
export function ShownOnce({ title, what, secret, children, onClose }: ShownOnceProps) {
  return (
    <Modal
      title={title}
      about="Copy it now: the server keeps a hash of it, and cannot show it again."
      isFirm
      onClose={onClose}
    >
      <div className="flex flex-col gap-4">
        <div className="flex items-center gap-2 rounded-md border border-kumo-line bg-kumo-recessed py-1.5 pr-1.5 pl-3">
          <output aria-label={what} className="min-w-0 flex-1 font-mono text-xs leading-relaxed break-all">
            {secret}
          </output>
          <CopyButton text={secret} />
        </div>
        {children}
        <Button variant="primary" className="self-end" onClick={onClose}>
          I have copied it
        </Button>
      </div>
    </Modal>
  );
}

/** The same in several languages; one is shown. */
export function Snippets({ snippets }: { snippets: readonly (readonly [name: string, text: string])[] }) {
  const [chosen, setChosen] = useState(snippets[0]?.[0]);
  const text = snippets.find(([name]) => name === chosen)?.[1] ?? "";
  return (
    <div>
      <fieldset className="m-0 mb-2 flex min-w-0 flex-wrap gap-1 border-0 p-0">
        <legend className="sr-only">Language</legend>
        {snippets.map(([name]) => (
          <Button
            key={name}
            size="sm"
            variant={name === chosen ? "secondary" : "ghost"}
            aria-pressed={name === chosen}
            onClick={() => setChosen(name)}
          >
            {name}
          </Button>
        ))}
      </fieldset>
      <Code label={`Snippet for ${chosen}`} text={text} most="max-h-64" />
    </div>
  );
}
