import { Button } from "@cloudflare/kumo/components/button";
import { BroomIcon } from "@phosphor-icons/react/Broom";
import { LinkIcon } from "@phosphor-icons/react/Link";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { SlidersHorizontalIcon } from "@phosphor-icons/react/SlidersHorizontal";
import { type DragEvent, useEffect, useMemo, useState } from "react";
import { useLocation, useSearchParams } from "react-router";
import { useModels } from "@/pages/models/data";
import {
  type Bench,
  type Column,
  isRunning,
  isWaiting,
  lastAnswer,
  MOST_COLUMNS,
  newId,
  paramsOf,
} from "@/pages/playground/bench";
import { CodeDialog } from "@/pages/playground/code-dialog";
import { ColumnView } from "@/pages/playground/column-view";
import { Composer } from "@/pages/playground/composer";
import { bestOf } from "@/pages/playground/figures";
import { fromLink, loadBench, modelsText, SHARED_NAMES, toLink } from "@/pages/playground/kept";
import type { Opened } from "@/pages/playground/opening";
import { checked, countSet, type Params } from "@/pages/playground/params";
import { ParamsPanel, SHARED } from "@/pages/playground/params-panel";
import { type Picture, readPicture, refusalOf } from "@/pages/playground/pictures";
import { Replayed } from "@/pages/playground/replayed";
import { type Body, bodyOf } from "@/pages/playground/request";
import { suggestionsOf } from "@/pages/playground/suggestions";
import { type Actions, useBench } from "@/pages/playground/use-bench";
import { useGateways, useLastGateway } from "@/shell/gateway";
import { Choice } from "@/ui/choice";
import { copy } from "@/ui/copy-button";
import { useNotify } from "@/ui/notices";
import { Page } from "@/ui/page";

export function BenchPage() {
  const [query] = useSearchParams();
  const last = useLastGateway();
  const gateway = query.get("gateway") ?? last;
  const [bench, actions] = useBench(() => fromLink(query, loadBench()), gateway);
  useInUrl(bench, gateway);
  const models = useModels(gateway);
  const suggestions = useMemo(() => suggestionsOf(models.data?.result ?? []), [models.data]);
  const [shown, setShown] = useState(0);
  const [target, setTarget] = useState<string | null>(null);
  const [code, setCode] = useState<Body | null>(null);
  const best = bestOf(bench.columns.map(lastAnswer));
  const addFiles = useFiles(bench.pictures, actions);
  const showCode = (column: Column, until: string | null) => setCode(codeBody(bench, column, until));
  const changeParams = (params: Params | null) => {
    if (target === SHARED || target === null) actions.change(params ? { shared: params } : {});
    else actions.changeColumn(target, (column) => ({ ...column, own: params }));
  };
  const current = Math.min(shown, bench.columns.length - 1);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    addFiles([...event.dataTransfer.files]);
  };
  return (
    <Page
      title="Playground"
      isFilled
      actions={
        <Head bench={bench} gateway={gateway} actions={actions} onParams={() => setTarget(target ? null : SHARED)} />
      }
    >
      <Replayed opened={useLocation().state as Opened | null} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: pictures can be chosen and pasted too */}
      <div className="flex min-h-0 flex-1 gap-4" onDragOver={(event) => event.preventDefault()} onDrop={onDrop}>
        <div className="flex min-h-0 min-w-0 flex-1 flex-col gap-3">
          <Tabs columns={bench.columns} current={current} onChange={setShown} />
          <div className="grid min-h-0 flex-1 auto-cols-[minmax(17rem,1fr)] gap-3 overflow-x-auto md:grid-flow-col">
            {bench.columns.map((column, place) => (
              <div key={column.id} className={`min-h-0 min-w-0 ${place === current ? "" : "hidden md:block"}`}>
                <ColumnView
                  column={column}
                  place={place}
                  columns={bench.columns}
                  params={paramsOf(bench, column)}
                  gateway={gateway}
                  best={best[place] ?? []}
                  suggestions={suggestions}
                  hasPictures={bench.pictures.length > 0}
                  actions={actions}
                  onCode={showCode}
                  onParams={setTarget}
                />
              </div>
            ))}
          </div>
          <Composer
            prompt={bench.prompt}
            pictures={bench.pictures}
            isRunning={bench.columns.some(isRunning)}
            isWaiting={bench.columns.some(isWaiting)}
            hindrance={hindranceOf(bench)}
            onPrompt={(prompt) => actions.change({ prompt })}
            onFiles={addFiles}
            onRemove={(id) => actions.change({ pictures: bench.pictures.filter((one) => one.id !== id) })}
            onSend={actions.send}
            onStop={actions.stopAll}
          />
        </div>
        {target !== null && (
          <ParamsPanel
            bench={bench}
            target={target}
            onTarget={setTarget}
            onChange={changeParams}
            onClose={() => setTarget(null)}
          />
        )}
      </div>
      {code && <CodeDialog body={code} gateway={gateway} onClose={() => setCode(null)} />}
    </Page>
  );
}

/** What an answer was asked with; without one, what would be asked next. */
function codeBody(bench: Bench, column: Column, until: string | null): Body {
  const at = column.turns.findIndex((turn) => turn.id === until);
  const answer = column.turns[at];
  if (answer?.role === "assistant") {
    return bodyOf(answer.answer.model, answer.params ?? paramsOf(bench, column), column.turns.slice(0, at));
  }
  const { prompt, pictures } = bench;
  const isNew = prompt.trim() || pictures.length;
  const next = isNew ? [{ role: "user" as const, id: newId(), text: prompt, pictures }] : [];
  return bodyOf(column.model, paramsOf(bench, column), [...column.turns, ...next]);
}

function hindranceOf(bench: Bench): string {
  for (const column of bench.columns) {
    const [problem] = Object.entries(checked(paramsOf(bench, column), column.model).problems);
    if (problem) return `A parameter cannot be sent: ${problem[0]}: ${problem[1]}`;
  }
  return bench.columns.some((column) => column.model) ? "" : "Choose a model first";
}

/** Models and the gateway stand in the URL as they change; what a link brought is taken out of it. */
function useInUrl(bench: Bench, gateway: string): void {
  const [query, setQuery] = useSearchParams();
  const { state } = useLocation();
  const models = modelsText(bench);
  useEffect(() => {
    const isStale = query.get("models") !== models || query.get("gateway") !== gateway;
    if (!isStale && !SHARED_NAMES.some((name) => query.has(name))) return;
    const after = new URLSearchParams(query);
    for (const name of SHARED_NAMES) after.delete(name);
    after.set("gateway", gateway);
    after.set("models", models);
    setQuery(after, { replace: true, state });
  }, [query, setQuery, models, gateway, state]);
}

function useFiles(there: readonly Picture[], actions: Actions): (files: readonly File[]) => void {
  const notify = useNotify();
  return async (files) => {
    const pictures = [...there];
    for (const file of files) {
      const refusal = refusalOf(file, pictures);
      if (refusal) notify.problem("Not added", new Error(refusal));
      else pictures.push(await readPicture(file, newId()));
    }
    if (pictures.length !== there.length) actions.change({ pictures });
  };
}

interface HeadProps {
  bench: Bench;
  gateway: string;
  actions: Actions;
  onParams: () => void;
}

function Head({ bench, gateway, actions, onParams }: HeadProps) {
  const [, setQuery] = useSearchParams();
  const gateways = useGateways();
  const notify = useNotify();
  const names = gateways.data?.result.map((one) => one.id) ?? [];
  const options = (names.includes(gateway) ? names : [gateway, ...names]).map((name): [string, string] => [name, name]);
  const set = countSet(bench.shared);
  const choose = (name: string) =>
    setQuery((before) => new URLSearchParams({ ...Object.fromEntries(before), gateway: name }), { replace: true });
  const share = async () => {
    await copy(`${window.location.origin}/dashboard/playground?${toLink(bench, gateway)}`);
    notify.done("The link is copied", "It has the models, the parameters and the question, and not what was said.");
  };
  return (
    <>
      {options.length > 1 && <Choice label="Gateway" value={gateway} options={options} onChange={choose} />}
      <Button
        icon={<PlusIcon />}
        aria-label="Add a model"
        disabled={bench.columns.length >= MOST_COLUMNS}
        onClick={() => actions.add("")}
        title={bench.columns.length >= MOST_COLUMNS ? `At most ${MOST_COLUMNS} stand side by side` : undefined}
      >
        <span className="hidden sm:inline">Add a model</span>
        <span className="sm:hidden">Model</span>
      </Button>
      <Button icon={<SlidersHorizontalIcon />} onClick={onParams}>
        {set ? `Parameters (${set})` : "Parameters"}
      </Button>
      <Button
        shape="square"
        aria-label="Copy a link to this"
        title="Copy a link to this"
        icon={<LinkIcon />}
        onClick={share}
      />
      <Button
        shape="square"
        aria-label="Begin anew"
        title="Begin anew: forget what was said"
        icon={<BroomIcon />}
        disabled={!bench.columns.some((column) => column.turns.length)}
        onClick={actions.clear}
      />
    </>
  );
}

interface TabsProps {
  columns: readonly Column[];
  current: number;
  onChange: (place: number) => void;
}

/** On a phone one model is seen at a time. */
function Tabs({ columns, current, onChange }: TabsProps) {
  if (columns.length < 2) return null;
  return (
    <div role="tablist" aria-label="Models" className="flex gap-1 overflow-x-auto md:hidden">
      {columns.map((column, place) => (
        <button
          key={column.id}
          type="button"
          role="tab"
          aria-selected={place === current}
          onClick={() => onChange(place)}
          className={`flex max-w-44 shrink-0 cursor-pointer items-center gap-1.5 rounded-md border px-2.5 py-1.5 text-xs ${
            place === current
              ? "border-kumo-brand bg-kumo-base font-medium text-kumo-default"
              : "border-kumo-line bg-transparent text-kumo-subtle"
          }`}
        >
          {isRunning(column) && <span aria-hidden className="size-1.5 animate-pulse rounded-full bg-kumo-brand" />}
          <span className="truncate">{column.model.split("/").at(-1) || `Model ${place + 1}`}</span>
        </button>
      ))}
    </div>
  );
}
