/** The account's jobs that take this gateway's logs: how each stands, and changes of them, which hold at once. */

import { Button } from "@cloudflare/kumo/components/button";
import { PencilSimpleIcon } from "@phosphor-icons/react/PencilSimple";
import { PlusIcon } from "@phosphor-icons/react/Plus";
import { TrashIcon } from "@phosphor-icons/react/Trash";
import { useState } from "react";
import { api, client, refresh } from "@/api/client";
import { useSession } from "@/api/session";
import { ago, count, duration, moment } from "@/lib/format";
import { useForm } from "@/pages/settings/form";
import { type Job, whereTo } from "@/pages/settings/logpush/job";
import { JobDialog } from "@/pages/settings/logpush/job-dialog";
import { Badge } from "@/ui/badge";
import { Confirm } from "@/ui/confirm";
import { useNotify } from "@/ui/notices";
import { Problem } from "@/ui/problem";

const MOST = 100;
const STATE_MS = 10_000;

export function LogpushJobs() {
  const { account_id } = useSession();
  const { base, isReadOnly } = useForm();
  const [edited, setEdited] = useState<Job | "new" | null>(null);
  const [doomed, setDoomed] = useState<Job | null>(null);
  const found = api.useQuery(
    "get",
    "/client/v4/accounts/{account_id}/ai-gateway/logpush/jobs",
    { params: { path: { account_id }, query: { per_page: MOST } } },
    { refetchInterval: STATE_MS },
  );
  const jobs = found.data?.result.filter((job) => !job.gateways || job.gateways.includes(base.id));
  return (
    <div className="border-t border-kumo-hairline px-4 py-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0 max-w-2xl">
          <h3 className="m-0 text-sm font-medium">Jobs</h3>
          <p className="m-0 mt-0.5 text-sm text-kumo-subtle">
            Those of the account that take this gateway's logs. They change at once, without Save; a new one begins with
            the next log.
          </p>
        </div>
        {!isReadOnly && (
          <Button size="sm" icon={<PlusIcon />} onClick={() => setEdited("new")}>
            Add a job
          </Button>
        )}
      </div>
      {found.isError && <Problem error={found.error} onRetry={() => found.refetch()} />}
      {jobs && jobs.length > 0 && (
        <ul className="m-0 mt-3 flex list-none flex-col gap-2 p-0">
          {jobs.map((job) => (
            <JobRow
              key={job.id}
              job={job}
              isReadOnly={isReadOnly}
              onEdit={() => setEdited(job)}
              onDelete={() => setDoomed(job)}
            />
          ))}
        </ul>
      )}
      {jobs?.length === 0 && <p className="m-0 mt-3 text-sm text-kumo-subtle">No job takes this gateway's logs yet.</p>}
      {edited && <JobDialog job={edited === "new" ? null : edited} onClose={() => setEdited(null)} />}
      {doomed && <DeleteJob job={doomed} onClose={() => setDoomed(null)} />}
    </div>
  );
}

interface RowProps {
  job: Job;
  isReadOnly: boolean;
  onEdit: () => void;
  onDelete: () => void;
}

function JobRow({ job, isReadOnly, onEdit, onDelete }: RowProps) {
  const isFailing = job.enabled && job.failures > 0;
  return (
    <li className="flex items-start justify-between gap-3 rounded-md border border-kumo-line bg-kumo-elevated p-3">
      <div className="min-w-0 text-sm">
        <div className="flex flex-wrap items-center gap-2">
          <span className="font-medium">{job.name}</span>
          <Badge tone={isFailing ? "bad" : job.enabled ? "good" : "plain"}>
            {isFailing ? "Failing" : job.enabled ? "On" : "Off"}
          </Badge>
        </div>
        <p className="m-0 mt-0.5 font-mono text-xs break-all text-kumo-subtle">{whereTo(job.destination)}</p>
        <p className="tabular m-0 mt-1 text-xs text-kumo-subtle">
          {`${count(job.pushed)} logs pushed · ${job.lag_seconds ? `${duration(job.lag_seconds * 1000)} behind` : "nothing waits"}`}
          {job.last_success && ` · last ${ago(job.last_success)}`}
          {` · ${job.gateways ? `gateways: ${job.gateways.join(", ")}` : "all gateways that push"}`}
        </p>
        {isFailing && (
          <p className="m-0 mt-1 text-xs break-words text-kumo-danger">
            {`${moment(job.last_error)}: ${job.error_message}. It is tried again; nothing is lost meanwhile.`}
          </p>
        )}
      </div>
      {!isReadOnly && (
        <span className="flex shrink-0">
          <Button
            variant="ghost"
            shape="square"
            aria-label={`Change ${job.name}`}
            icon={<PencilSimpleIcon size={16} />}
            onClick={onEdit}
          />
          <Button
            variant="ghost"
            shape="square"
            aria-label={`Delete ${job.name}`}
            icon={<TrashIcon size={16} />}
            onClick={onDelete}
          />
        </span>
      )}
    </li>
  );
}

function DeleteJob({ job, onClose }: { job: Job; onClose: () => void }) {
  const { account_id } = useSession();
  const notify = useNotify();
  const remove = async () => {
    try {
      await client.DELETE("/client/v4/accounts/{account_id}/ai-gateway/logpush/jobs/{job_id}", {
        params: { path: { account_id, job_id: job.id } },
      });
      notify.done(`The job ${job.name} is deleted`);
      onClose();
      await refresh();
    } catch (error) {
      notify.problem("The job is not deleted", error);
    }
  };
  return (
    <Confirm title={`Delete the job ${job.name}?`} action="Delete the job" onConfirm={remove} onClose={onClose}>
      {job.gateways?.length === 1
        ? "No more logs go there. What it has pushed stays where it is."
        : "No more logs go there, of other gateways neither. What it has pushed stays where it is."}
    </Confirm>
  );
}
