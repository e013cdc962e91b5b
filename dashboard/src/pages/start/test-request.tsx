/** “Send a test request”: it really sends one, and shows its log appear. */

import { Button } from "@cloudflare/kumo/components/button";
import { PaperPlaneRightIcon } from "@phosphor-icons/react/PaperPlaneRight";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { refresh } from "@/api/client";
import { useMay, useSession } from "@/api/session";
import { useStoredKeys } from "@/pages/providers/provider";
import type { Progress } from "@/pages/start/progress";
import { LOCAL, TARGETS, targetOf } from "@/pages/start/snippets/targets";
import { QUESTION } from "@/pages/start/snippets/way";
import { send, waitForLog } from "@/pages/start/trial";
import { TrialResult } from "@/pages/start/trial-result";
import { useGateway } from "@/shell/gateway";
import { Card } from "@/ui/card";
import { Choice } from "@/ui/choice";
import { Entry } from "@/ui/entry";
import { LongEntry } from "@/ui/long-entry";
import { Problem } from "@/ui/problem";

const IDLE: Progress = { step: "idle", answer: null, log: null, error: null };

export function TestRequest() {
  const may = useMay();
  const { user } = useSession();
  const options = useOptions();
  const [provider, setProvider] = useState(LOCAL);
  const [model, setModel] = useState(targetOf(LOCAL).model);
  const [question, setQuestion] = useState(QUESTION);
  const { progress, start } = useTrial();
  const isBusy = progress.step === "sending";
  const choose = (next: string) => {
    setProvider(next);
    setModel(TARGETS.find((one) => one.id === next)?.model ?? "");
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isBusy && model.trim() && question.trim()) start(`${provider}/${model.trim()}`, question.trim());
  };
  return (
    <Card title="Send a test request" about="A real one through this gateway, with its limits, its cache and its log.">
      {may("edit") ? (
        <form onSubmit={submit} className="flex flex-col gap-3">
          <Choice label="Provider" isLabelled value={provider} options={options} onChange={choose} className="w-full" />
          <Entry label="Model" isLabelled isMono value={model} onChange={setModel} />
          <LongEntry label="Question" isLabelled rows={2} value={question} onChange={setQuestion} />
          <Button
            type="submit"
            variant="primary"
            icon={<PaperPlaneRightIcon />}
            loading={isBusy}
            disabled={!model.trim() || !question.trim()}
          >
            Send it
          </Button>
          {isBusy && provider === LOCAL && (
            <p className="m-0 text-xs text-kumo-subtle" role="status">
              The first request starts the model, which takes some ten seconds.
            </p>
          )}
          {progress.error !== null && <Problem error={progress.error} />}
          <TrialResult progress={progress} />
        </form>
      ) : (
        <p className="m-0 text-sm text-kumo-subtle">
          {`Your role is ${user.role}: an editor may send requests from here. The snippets work for whoever has a key or a token.`}
        </p>
      )}
    </Card>
  );
}

/** The embedded model, and providers with a key that a request without one is made with. */
function useOptions(): [string, string][] {
  const { account, gateway } = useGateway();
  const keys = useStoredKeys(account, gateway);
  const slugs = [...new Set((keys.data ?? []).map((key) => key.provider_slug))];
  const label = (slug: string) => TARGETS.find((one) => one.id === slug)?.label ?? slug;
  return [[LOCAL, targetOf(LOCAL).label], ...slugs.map((slug): [string, string] => [slug, label(slug)])];
}

function useTrial() {
  const { account, gateway } = useGateway();
  const [progress, setProgress] = useState<Progress>(IDLE);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const start = async (model: string, question: string) => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    const trial = { account, gateway, model, question };
    const set = (next: Progress) => {
      if (!signal.aborted) setProgress(next);
    };
    set({ ...IDLE, step: "sending" });
    try {
      const answer = await send(trial, signal);
      set({ ...IDLE, step: answer.logId ? "waiting" : "done", answer });
      if (!answer.logId) return;
      const log = await waitForLog(trial, answer.logId, signal);
      set({ ...IDLE, step: "done", answer, log });
      if (!signal.aborted) await refresh();
    } catch (error) {
      set({ ...IDLE, step: "done", error });
    }
  };
  return { progress, start };
}
