/** What was changed and what is wrong, with the one button that saves it all. */

import { Button } from "@cloudflare/kumo/components/button";
import { useEffect } from "react";
import { plural } from "@/lib/format";
import { FIELDS } from "@/pages/settings/fields";
import { useForm } from "@/pages/settings/form";

interface SaveBarProps {
  onSave: () => void;
  onDiscard: () => void;
  isBusy: boolean;
}

export function SaveBar({ onSave, onDiscard, isBusy }: SaveBarProps) {
  const { changes, problems } = useForm();
  const names = FIELDS.filter((field) => field.name in changes);
  const isSound = problems.size === 0;
  const canSave = names.length > 0 && isSound && !isBusy;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "s" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      if (canSave) onSave();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [canSave, onSave]);
  if (names.length === 0) return null;
  return (
    <section
      aria-label="Unsaved changes"
      className="sticky bottom-3 z-20 flex flex-wrap items-center justify-between gap-3 rounded-lg border border-kumo-line bg-kumo-base px-4 py-3 shadow-lg"
    >
      <div className="min-w-0 text-sm" role="status">
        <span className="font-medium">{plural(names.length, "change")}</span>
        <span className="text-kumo-subtle"> · {names.map((field) => field.label).join(", ")}</span>
        {!isSound && (
          <button
            type="button"
            onClick={showFirst}
            className="block cursor-pointer border-0 bg-transparent p-0 text-left text-sm text-kumo-danger underline"
          >
            {plural(problems.size, "field")} cannot be so: look at the first
          </button>
        )}
      </div>
      <div className="flex gap-2">
        <Button onClick={onDiscard} disabled={isBusy}>
          Discard
        </Button>
        <Button variant="primary" onClick={onSave} disabled={!canSave} loading={isBusy}>
          Save
        </Button>
      </div>
    </section>
  );
}

function showFirst(): void {
  const field = document.querySelector<HTMLElement>("[data-field] [aria-invalid=true]");
  field?.scrollIntoView({ block: "center" });
  field?.focus({ preventScroll: true });
}
