/** One setting: what it is, what it does, the control, and the ways back. */

import { Button } from "@cloudflare/kumo/components/button";
import { useId } from "react";
import { Control } from "@/pages/settings/control";
import { useForm } from "@/pages/settings/form";
import { type Field, type Gateway, same } from "@/pages/settings/gateway";
import { OWN } from "@/pages/settings/own";
import { said } from "@/pages/settings/said";
import { Badge } from "@/ui/badge";

export function SettingRow({ field }: { field: Field }) {
  const { base, changes, problems, hints } = useForm();
  const id = useId();
  const isChanged = field.name in changes;
  const Own = field.kind === "own" ? OWN[field.name] : undefined;
  const isWide = (field.kind === "own" && field.isWide) || (field.kind === "text" && field.isLong);
  const problem = problems.get(field.name);
  const hint = hints.get(field.name);
  return (
    <div
      data-field={field.name}
      className={`relative grid gap-x-8 gap-y-3 border-t border-kumo-hairline px-4 py-4 ${
        isWide ? "" : "md:grid-cols-[minmax(0,1fr)_19rem]"
      }`}
    >
      {isChanged && <span aria-hidden className="absolute inset-y-0 left-0 w-0.5 bg-kumo-brand" />}
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-2">
          <h3 id={`${id}-label`} className="m-0 text-sm font-medium">
            {field.label}
          </h3>
          {isChanged && <Badge tone="info">Changed</Badge>}
        </div>
        <p id={`${id}-about`} className="m-0 mt-0.5 max-w-2xl text-sm text-kumo-subtle">
          {field.about}
        </p>
        <p className="m-0 mt-1 text-xs break-words text-kumo-subtle">
          <code className="font-mono">{field.name}</code> · default: {said(field, field.initial)}
          {isChanged && ` · saved: ${said(field, base[field.name])}`}
        </p>
      </div>
      <div className="min-w-0">
        {Own ? <Own /> : <Control field={field} labelledBy={`${id}-label`} describedBy={`${id}-about`} />}
        {problem && field.kind === "own" && <p className="m-0 mt-1 text-xs text-kumo-danger">{problem}</p>}
        {hint && !problem && <p className="m-0 mt-1 text-xs text-kumo-subtle">{hint}</p>}
        <WaysBack field={field} />
      </div>
    </div>
  );
}

function WaysBack({ field }: { field: Field }) {
  const { base, draft, changes, isReadOnly, set } = useForm();
  const isDefault = same(draft[field.name], field.initial);
  const isChanged = field.name in changes;
  if (isReadOnly || (isDefault && !isChanged)) return null;
  return (
    <div className="mt-2 flex flex-wrap gap-1">
      {isChanged && (
        <Button size="sm" variant="ghost" onClick={() => set(field.name, base[field.name])}>
          Undo
        </Button>
      )}
      {!isDefault && (
        <Button size="sm" variant="ghost" onClick={() => set(field.name, field.initial as Gateway[typeof field.name])}>
          Reset to default
        </Button>
      )}
    </div>
  );
}
