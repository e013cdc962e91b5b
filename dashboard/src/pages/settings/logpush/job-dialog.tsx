/** Makes a logpush job, or changes one. */

import { useState } from "react";
import { client, refresh } from "@/api/client";
import { useSession } from "@/api/session";
import { useSubmit } from "@/lib/submit";
import { ToggleEntry } from "@/pages/settings/control";
import { useForm } from "@/pages/settings/form";
import { DestinationFields } from "@/pages/settings/logpush/destination-fields";
import { type Job, newWish, problemsOfJob, type Wish, wishOf } from "@/pages/settings/logpush/job";
import { Choice } from "@/ui/choice";
import { Entry } from "@/ui/entry";
import { Form } from "@/ui/form";
import { Modal } from "@/ui/modal";
import { useNotify } from "@/ui/notices";
import { NumberEntry } from "@/ui/number-entry";
import { Words } from "@/ui/words";

const JOBS = "/client/v4/accounts/{account_id}/ai-gateway/logpush/jobs";

export function JobDialog({ job, onClose }: { job: Job | null; onClose: () => void }) {
  const { base } = useForm();
  const [wish, setWish] = useState<Wish>(job ? wishOf(job) : newWish(base.id));
  const [isTried, setTried] = useState(false);
  const store = useStore(job, onClose);
  const problems = problemsOfJob(wish);
  const problem = (name: string) => (isTried ? problems.get(name) : undefined);
  const change = (changes: Partial<Wish>) => setWish({ ...wish, ...changes });
  const submit = useSubmit(async () => {
    setTried(true);
    if (problems.size === 0) await store(wish);
  });
  return (
    <Modal title={job ? `Change ${job.name}` : "Add a logpush job"} onClose={onClose}>
      <Form submit={submit} action={job ? "Save the job" : "Add the job"} onCancel={onClose}>
        <Entry
          label="Name"
          isLabelled
          value={wish.name}
          onChange={(name) => change({ name })}
          error={problem("name")}
        />
        <DestinationFields
          destination={wish.destination}
          onChange={(destination) => change({ destination })}
          problem={problem}
        />
        <Gateways wish={wish} onChange={change} error={problem("gateways")} />
        <div className="grid gap-3 sm:grid-cols-2">
          <NumberEntry
            label="A batch waits at most"
            isLabelled
            unit="s"
            value={wish.max_upload_interval_seconds}
            onChange={(seconds) => change({ max_upload_interval_seconds: seconds ?? Number.NaN })}
            error={problem("interval")}
          />
          <NumberEntry
            label="A batch has at most"
            isLabelled
            unit="logs"
            value={wish.max_upload_records}
            onChange={(records) => change({ max_upload_records: records ?? Number.NaN })}
            error={problem("records")}
          />
        </div>
        <ToggleEntry label="Push logs" isOn={wish.enabled} onChange={(enabled) => change({ enabled })} />
      </Form>
    </Modal>
  );
}

interface GatewaysProps {
  wish: Wish;
  onChange: (changes: Partial<Wish>) => void;
  error?: string | undefined;
}

function Gateways({ wish, onChange, error }: GatewaysProps) {
  const { base } = useForm();
  return (
    <div className="flex flex-col gap-2">
      <Choice
        label="Logs of"
        isLabelled
        value={wish.gateways ? "some" : "all"}
        options={[
          ["some", "Only these gateways"],
          ["all", "All gateways that push their logs"],
        ]}
        onChange={(which) => onChange({ gateways: which === "all" ? null : [base.id] })}
        className="w-full"
      />
      {wish.gateways && (
        <Words
          label="Gateways"
          words={wish.gateways}
          onChange={(gateways) => onChange({ gateways })}
          placeholder="A gateway's id, Enter"
          error={error}
        />
      )}
    </div>
  );
}

/** ApiError where the server does not take it. */
function useStore(job: Job | null, onClose: () => void) {
  const { account_id } = useSession();
  const notify = useNotify();
  return async (wish: Wish) => {
    if (job) {
      const path = { account_id, job_id: job.id };
      await client.PUT(`${JOBS}/{job_id}`, { params: { path }, body: wish });
    } else {
      await client.POST(JOBS, { params: { path: { account_id } }, body: wish });
    }
    notify.done(job ? "The job is saved" : "The job is made", "It is tried within seconds.");
    onClose();
    await refresh();
  };
}
