/** Everything else that is known of a log. */

import { Button } from "@cloudflare/kumo/components/button";
import { FunnelIcon } from "@phosphor-icons/react/Funnel";
import { PencilSimpleIcon } from "@phosphor-icons/react/PencilSimple";
import { type ReactNode, useState } from "react";
import { useMay } from "@/api/session";
import { bytes, moment, UNKNOWN } from "@/lib/format";
import type { Place } from "@/pages/logs/api";
import { MetadataEditor } from "@/pages/logs/drawer/metadata-editor";
import { keyWords } from "@/pages/logs/drawer/waterfall";
import type { Filter } from "@/pages/logs/filters/keys";
import { entriesOf } from "@/pages/logs/metadata";
import type { LogRow, Trace } from "@/pages/logs/types";

interface DetailsProps {
  place: Place;
  log: Trace;
  onChanged: (changes: Partial<LogRow>) => void;
  onFilter: (filters: Filter[]) => void;
}

export function Details({ place, log, onChanged, onFilter }: DetailsProps) {
  const like = (key: string, value: string) => () => onFilter([{ key, operator: "eq", value: [value] }]);
  return (
    <div className="flex flex-col gap-6">
      <Metadata place={place} log={log} onChanged={onChanged} onFilter={onFilter} />
      <dl className="m-0 grid grid-cols-[max-content_1fr] gap-x-6 gap-y-1 text-sm">
        <Line name="Log id">
          <code className="text-xs">{log.id}</code>
        </Line>
        <Line name="Event id" onFilter={like("event_id", log.event_id)}>
          <code className="text-xs">{log.event_id}</code>
        </Line>
        <Line name="Came at">{moment(log.created_at, "milli")}</Line>
        <Line name="Asked for">
          <code className="text-xs">
            {log.method} {log.path}
          </code>
        </Line>
        <Line name="Endpoint">{log.request_type || "a provider's own path"}</Line>
        {log.request_type === "Universal" && <Line name="Step">{String(log.step + 1)}</Line>}
        <Line name="Provider" onFilter={like("provider", log.provider)}>
          {log.provider}
        </Line>
        <Line name="Model" onFilter={log.model ? like("model", log.model) : undefined}>
          {log.model || UNKNOWN}
        </Line>
        <Line name="Key used">{keyWords(log.credential)}</Line>
        <Line name="API token">{log.authentication ? (log.token_id ?? "shown") : "none was shown"}</Line>
        <Line name="User agent" onFilter={log.user_agent ? like("user_agent", log.user_agent) : undefined}>
          {log.user_agent || UNKNOWN}
        </Line>
        <Line name="Request">
          {bytes(log.request_size)}, {log.request_content_type || "no content type"}
        </Line>
        <Line name="Response">
          {bytes(log.response_size)}, {log.response_content_type || "no content type"}
        </Line>
      </dl>
    </div>
  );
}

function Line({ name, onFilter, children }: { name: string; onFilter?: () => void; children: ReactNode }) {
  return (
    <>
      <dt className="leading-6 text-kumo-subtle">{name}</dt>
      <dd className="m-0 flex min-h-6 min-w-0 items-center gap-1 break-all">
        <span className="min-w-0">{children}</span>
        {onFilter && <Only name={`Only logs with this ${name.toLowerCase()}`} onClick={onFilter} />}
      </dd>
    </>
  );
}

function Only({ name, onClick }: { name: string; onClick: () => void }) {
  return (
    <button
      type="button"
      title={name}
      aria-label={name}
      onClick={onClick}
      className="shrink-0 cursor-pointer rounded border-0 bg-transparent p-1.5 leading-none text-kumo-subtle hover:bg-kumo-fill hover:text-kumo-default"
    >
      <FunnelIcon size={13} aria-hidden />
    </button>
  );
}

function Metadata({ place, log, onChanged, onFilter }: DetailsProps) {
  const [isEditing, setEditing] = useState(false);
  const mayEdit = useMay()("edit");
  const entries = entriesOf(log.metadata);
  if (isEditing) {
    return <MetadataEditor place={place} log={log} onChanged={onChanged} onClose={() => setEditing(false)} />;
  }
  return (
    <section>
      <div className="mb-2 flex items-center justify-between gap-2">
        <h3 className="m-0 text-sm font-semibold">Metadata</h3>
        {mayEdit && (
          <Button size="sm" variant="ghost" icon={<PencilSimpleIcon size={14} />} onClick={() => setEditing(true)}>
            Edit
          </Button>
        )}
      </div>
      {entries.length === 0 ? (
        <p className="m-0 text-sm text-kumo-subtle">
          None. Requests say it with the header cf-aig-metadata: a JSON object of up to five entries.
        </p>
      ) : (
        <dl className="m-0 grid grid-cols-[max-content_1fr] gap-x-6 gap-y-1 text-sm">
          {entries.map(([key, value]) => (
            <Line
              key={key}
              name={key}
              onFilter={() =>
                onFilter([
                  { key: "metadata.key", operator: "eq", value: [key] },
                  { key: "metadata.value", operator: "eq", value: [value] },
                ])
              }
            >
              {value}
            </Line>
          ))}
        </dl>
      )}
    </section>
  );
}
