/** Answers to questions in other words. */

import { ToggleEntry } from "@/pages/settings/control";
import { useForm } from "@/pages/settings/form";
import type { Semantic } from "@/pages/settings/gateway";
import { Choice } from "@/ui/choice";
import { NumberEntry } from "@/ui/number-entry";

const OFF: Semantic = { enabled: false, mode: "on", threshold: 0.92 };
const MODES = [
  ["on", "On: for every plain question"],
  ["request", "On request: with torana-semantic-cache: true"],
  ["shadow", "Shadow: only logs what it would have answered"],
] as const;

export function SemanticCache() {
  const { draft, problems, isReadOnly, set } = useForm();
  const now = draft.semantic_cache ?? OFF;
  const change = (changes: Partial<Semantic>) => set("semantic_cache", { ...now, ...changes });
  return (
    <div className="grid gap-4 sm:grid-cols-[auto_minmax(0,1fr)_11rem]">
      <ToggleEntry
        label="Enabled"
        isOn={now.enabled}
        onChange={(enabled) => change({ enabled })}
        isDisabled={isReadOnly}
      />
      <Choice
        label="Mode"
        isLabelled
        value={now.mode}
        options={MODES}
        onChange={(mode) => change({ mode })}
        isDisabled={isReadOnly}
        className="w-full"
      />
      <NumberEntry
        label="Least similarity"
        isLabelled
        value={now.threshold}
        onChange={(threshold) => change({ threshold: threshold ?? Number.NaN })}
        unit="of 1"
        error={problems.get("semantic_cache.threshold")}
        isDisabled={isReadOnly}
      />
    </div>
  );
}
