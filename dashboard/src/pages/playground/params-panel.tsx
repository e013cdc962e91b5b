/** Parameters of all models, or of one of them. */

import { Button } from "@cloudflare/kumo/components/button";
import { XIcon } from "@phosphor-icons/react/X";
import type { Bench } from "@/pages/playground/bench";
import { Field } from "@/pages/playground/field";
import { checked, countSet, EFFORTS, NO_PARAMS, type Params } from "@/pages/playground/params";
import { Choice } from "@/ui/choice";

export const SHARED = "shared";

interface ParamsPanelProps {
  bench: Bench;
  /** `shared`, or a column's id. */
  target: string;
  onTarget: (target: string) => void;
  onChange: (params: Params | null) => void;
  onClose: () => void;
}

export function ParamsPanel({ bench, target, onTarget, onChange, onClose }: ParamsPanelProps) {
  const column = bench.columns.find((one) => one.id === target);
  const params = column?.own ?? bench.shared;
  const options: [string, string][] = [
    [SHARED, "All models"],
    ...bench.columns.map((one, place): [string, string] => [one.id, one.model || `Model ${place + 1}`]),
  ];
  return (
    <aside
      aria-label="Parameters"
      className="fixed inset-0 z-40 flex flex-col gap-3 overflow-y-auto border-kumo-line bg-kumo-base p-4 lg:static lg:z-auto lg:w-76 lg:shrink-0 lg:rounded-lg lg:border"
    >
      <div className="flex items-center justify-between">
        <h2 className="m-0 text-sm font-semibold">Parameters</h2>
        <Button
          size="sm"
          variant="ghost"
          shape="square"
          aria-label="Close the parameters"
          icon={<XIcon />}
          onClick={onClose}
        />
      </div>
      {bench.columns.length > 1 && (
        <Choice
          label="They are for"
          value={column?.id ?? SHARED}
          options={options}
          onChange={onTarget}
          isLabelled
          className="w-full"
        />
      )}
      {column && <Own isOwn={column.own !== null} onShare={() => onChange(null)} />}
      <Fields params={params} model={column?.model ?? ""} onChange={onChange} />
      {countSet(params) > 0 && (
        <Button size="sm" variant="ghost" className="self-start" onClick={() => onChange(NO_PARAMS)}>
          Set nothing
        </Button>
      )}
    </aside>
  );
}

function Own({ isOwn, onShare }: { isOwn: boolean; onShare: () => void }) {
  if (!isOwn) {
    return <p className="m-0 text-xs text-kumo-subtle">As all others, until something is changed here.</p>;
  }
  return (
    <Button size="sm" className="self-start" onClick={onShare}>
      As all others again
    </Button>
  );
}

interface FieldsProps {
  params: Params;
  model: string;
  onChange: (params: Params) => void;
}

const NUMBERS: [keyof Params & ("temperature" | "topP" | "maxTokens" | "seed"), string, string][] = [
  ["temperature", "Temperature", "0 to 2"],
  ["topP", "Top P", "0 to 1"],
  ["maxTokens", "Max tokens", "the model's"],
  ["seed", "Seed", "any"],
];
const FORMATS = [
  ["text", "Text"],
  ["json_object", "JSON"],
  ["json_schema", "JSON by a schema"],
] as const;
const EFFORT_OPTIONS: [string, string][] = [
  ["", "As the model has it"],
  ...EFFORTS.map((one): [string, string] => [one, one]),
];
const SCHEMA = '{"type": "object", "properties": {…}}';
const TOOLS = '[{"type": "function", "function": {"name": "now", "parameters": {…}}}]';

function Fields({ params, model, onChange }: FieldsProps) {
  const { problems } = checked(params, model);
  const set = (some: Partial<Params>) => onChange({ ...params, ...some });
  return (
    <>
      <Field
        label="System prompt"
        value={params.system}
        hint="You are…"
        rows={3}
        onChange={(system) => set({ system })}
      />
      <div className="grid grid-cols-2 gap-3">
        {NUMBERS.map(([name, label, hint]) => (
          <Field
            key={name}
            label={label}
            value={params[name]}
            hint={hint}
            error={problems[name]}
            isNumber
            onChange={(text) => set({ [name]: text })}
          />
        ))}
      </div>
      <Choice
        label="Reasoning effort"
        value={params.effort}
        options={EFFORT_OPTIONS}
        onChange={(effort) => set({ effort })}
        isLabelled
        className="w-full"
      />
      <Choice
        label="Format"
        value={params.format}
        options={FORMATS}
        onChange={(format) => set({ format })}
        isLabelled
        className="w-full"
      />
      {params.format === "json_schema" && (
        <Field
          label="Schema"
          value={params.schema}
          hint={SCHEMA}
          error={problems.schema}
          rows={4}
          isCode
          onChange={(schema) => set({ schema })}
        />
      )}
      <Field
        label="Tools"
        about="A list in JSON. Calls are shown, and you say what the tool answers."
        value={params.tools}
        hint={TOOLS}
        error={problems.tools}
        rows={3}
        isCode
        onChange={(tools) => set({ tools })}
      />
      <Field
        label="Stop"
        about="The answer ends before any of these texts, one a line."
        value={params.stop}
        error={problems.stop}
        rows={1}
        isCode
        onChange={(stop) => set({ stop })}
      />
      <label className="flex cursor-pointer items-center gap-2 text-sm">
        <input
          type="checkbox"
          checked={params.isStreamed}
          onChange={(event) => set({ isStreamed: event.target.checked })}
          className="size-4 cursor-pointer accent-kumo-brand"
        />
        Streamed
      </label>
    </>
  );
}
