/** Guardrails and presets of a workspace, to be read: both are made by the API. */

import { ago, plural, usd } from "@/lib/format";
import { type Guardrail, type Preset, useGuardrails, usePresets } from "@/pages/keys/api";
import { Badge } from "@/ui/badge";
import { Card } from "@/ui/card";
import { Empty } from "@/ui/empty";
import { Problem } from "@/ui/problem";
import { type Column, Table } from "@/ui/table";

export function Guarding({ workspace }: { workspace: string }) {
  const guardrails = useGuardrails(workspace);
  const presets = usePresets(workspace);
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      {guardrails.isError ? (
        <Problem error={guardrails.error} onRetry={() => guardrails.refetch()} />
      ) : (
        <Card
          title="Guardrails"
          about="What keys may ask for and spend. The default one holds for all keys of the workspace; others are made at /api/v1/guardrails."
          isFlush
        >
          <Table
            label="Guardrails"
            columns={GUARDRAILS}
            rows={guardrails.data}
            keyOf={(one) => one.id}
            empty={<Empty title="No guardrail" about="A workspace has a default one as soon as it is used." />}
          />
        </Card>
      )}
      {presets.isError ? (
        <Problem error={presets.error} onRetry={() => presets.refetch()} />
      ) : (
        <Card
          title="Presets"
          about="Models, prompts and parameters under a name: ask for @preset/NAME as a model."
          isFlush
        >
          <Table
            label="Presets"
            columns={PRESETS}
            rows={presets.data}
            keyOf={(one) => one.id}
            empty={
              <Empty
                title="No preset yet"
                about={
                  <>
                    Send a request as you would ask it to <code>POST /api/v1/presets/NAME/chat/completions</code>: its
                    model, prompt, parameters and tools are kept under that name.
                  </>
                }
              />
            }
          />
        </Card>
      )}
    </div>
  );
}

const GUARDRAILS: Column<Guardrail>[] = [
  {
    key: "name",
    label: "Guardrail",
    cell: (one) => (
      <>
        {one.name}
        {one.description && <div className="text-xs text-kumo-subtle">{one.description}</div>}
      </>
    ),
  },
  {
    key: "says",
    label: "Says",
    cell: (one) => {
      const words = saysOf(one);
      return words.length ? (
        <span className="flex flex-wrap gap-1">
          {words.map((word) => (
            <Badge key={word}>{word}</Badge>
          ))}
        </span>
      ) : (
        <span className="text-kumo-subtle">nothing: all is allowed</span>
      );
    },
  },
];

function saysOf(one: Guardrail): string[] {
  const words: string[] = [];
  if (one.limit_usd !== null) words.push(`${usd(one.limit_usd)} ${one.reset_interval ?? ""} a key`.replace("  ", " "));
  const lists: [string[] | null, string, string][] = [
    [one.allowed_models, "model", "only"],
    [one.ignored_models, "model", "not"],
    [one.allowed_providers, "provider", "only"],
    [one.ignored_providers, "provider", "not"],
  ];
  for (const [list, noun, word] of lists) if (list?.length) words.push(`${word} ${plural(list.length, noun)}`);
  if (one.enforce_zdr) words.push("zero data retention");
  const filters = (one.content_filters?.length ?? 0) + (one.content_filter_builtins?.length ?? 0);
  if (filters) words.push(plural(filters, "content filter"));
  return words;
}

const PRESETS: Column<Preset>[] = [
  { key: "slug", label: "Preset", by: (one) => one.slug, cell: (one) => <code>@preset/{one.slug}</code> },
  {
    key: "updated",
    label: "Changed",
    by: (one) => one.updated_at,
    className: "whitespace-nowrap",
    cell: (one) => ago(one.updated_at),
  },
];
