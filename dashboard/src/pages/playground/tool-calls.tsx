/** The tools that an answer calls, and a place for their results. */

import { Button } from "@cloudflare/kumo/components/button";
import { WrenchIcon } from "@phosphor-icons/react/Wrench";
import { useState } from "react";
import type { ToolCall } from "@/pages/playground/answer";
import { newId, type ToolTurn } from "@/pages/playground/bench";
import { Code, pretty } from "@/ui/code";

interface ToolCallsProps {
  calls: readonly ToolCall[];
  /** Null where results cannot be sent: it runs, or went on already. */
  onResults: ((turn: ToolTurn) => void) | null;
}

export function ToolCalls({ calls, onResults }: ToolCallsProps) {
  const [texts, setTexts] = useState<Record<string, string>>({});
  const send = () => {
    const results = calls.map((call) => ({ callId: call.id, name: call.name, text: texts[call.id] ?? "" }));
    onResults?.({ role: "tool", id: newId(), results });
  };
  return (
    <div className="flex flex-col gap-2">
      {calls.map((call, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: some providers give all calls one id
        <div key={place} className="flex flex-col gap-1.5 rounded-md border border-kumo-line p-2.5">
          <span className="flex items-center gap-1.5 text-xs font-medium">
            <WrenchIcon size={14} aria-hidden /> {call.name || "a tool"}
          </span>
          <Code text={pretty(call.arguments || "{}")} label={`What ${call.name} is called with`} most="max-h-48" />
          {onResults && (
            <textarea
              aria-label={`Result of ${call.name}`}
              placeholder="What the tool answers, as text or JSON"
              rows={2}
              value={texts[call.id] ?? ""}
              onChange={(event) => setTexts({ ...texts, [call.id]: event.target.value })}
              className="w-full resize-y rounded-md border border-kumo-line bg-kumo-control px-2.5 py-1.5 font-mono text-xs text-kumo-default placeholder:text-kumo-placeholder"
            />
          )}
        </div>
      ))}
      {onResults && (
        <Button size="sm" className="self-start" onClick={send}>
          {calls.length > 1 ? "Send the results" : "Send the result"}
        </Button>
      )}
    </div>
  );
}
