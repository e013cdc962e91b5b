/** What the user said, to be changed and sent again; or what tools answered. */

import { Button } from "@cloudflare/kumo/components/button";
import { PencilSimpleIcon } from "@phosphor-icons/react/PencilSimple";
import { useState } from "react";
import type { ToolTurn, UserTurn } from "@/pages/playground/bench";
import { PictureStrip } from "@/pages/playground/picture-strip";
import { pretty } from "@/ui/code";

interface QuestionProps {
  turn: UserTurn;
  /** It stands in other columns too. */
  isShared: boolean;
  onResend: (turn: UserTurn, isEverywhere: boolean) => void;
}

export function Question({ turn, isShared, onResend }: QuestionProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const send = (isEverywhere: boolean) => {
    onResend({ ...turn, text: draft ?? turn.text }, isEverywhere);
    setDraft(null);
  };
  if (draft === null) {
    return (
      <div className="flex flex-col items-end gap-1">
        <div className="flex max-w-[92%] min-w-0 flex-col gap-2 rounded-lg bg-kumo-tint px-3 py-2">
          <PictureStrip pictures={turn.pictures} />
          {turn.text && <p className="m-0 text-sm break-words whitespace-pre-wrap">{turn.text}</p>}
        </div>
        <Button
          size="xs"
          variant="ghost"
          className="text-kumo-subtle!"
          icon={<PencilSimpleIcon />}
          onClick={() => setDraft(turn.text)}
        >
          Edit
        </Button>
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-2">
      <PictureStrip pictures={turn.pictures} />
      <textarea
        aria-label="The question"
        // biome-ignore lint/a11y/noAutofocus: it was asked for by the button whose place it takes
        autoFocus
        rows={Math.min(draft.split("\n").length + 1, 12)}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && setDraft(null)}
        className="w-full resize-y rounded-md border border-kumo-line bg-kumo-control px-3 py-2 text-sm text-kumo-default"
      />
      <div className="flex flex-wrap gap-1.5">
        <Button size="sm" variant="primary" onClick={() => send(false)}>
          {isShared ? "Send here" : "Send"}
        </Button>
        {isShared && (
          <Button size="sm" onClick={() => send(true)}>
            Send to all
          </Button>
        )}
        <Button size="sm" variant="ghost" onClick={() => setDraft(null)}>
          Cancel
        </Button>
      </div>
    </div>
  );
}

export function Results({ turn }: { turn: ToolTurn }) {
  return (
    <div className="flex flex-col items-end gap-2">
      {turn.results.map((one, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: some providers give all calls one id
        <div key={place} className="max-w-[92%] min-w-0 rounded-lg bg-kumo-tint px-3 py-2">
          <p className="m-0 text-xs text-kumo-subtle">Result of {one.name || one.callId}</p>
          <pre className="m-0 mt-1 max-h-48 overflow-y-auto font-mono text-xs break-words whitespace-pre-wrap">
            {pretty(one.text)}
          </pre>
        </div>
      ))}
    </div>
  );
}
