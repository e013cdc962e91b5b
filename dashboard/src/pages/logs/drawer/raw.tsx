/** What went over the wire: heads and bodies, as text, credentials masked. */

import { Button } from "@cloudflare/kumo/components/button";
import { useMemo } from "react";
import { bytes } from "@/lib/format";
import { bodyHref, type Place } from "@/pages/logs/api";
import { useBody } from "@/pages/logs/drawer/use-body";
import type { Trace } from "@/pages/logs/types";
import { Code, pretty } from "@/ui/code";
import { Problem } from "@/ui/problem";

export function Raw({ place, log }: { place: Place; log: Trace }) {
  return (
    <div className="flex flex-col gap-6">
      <Side place={place} log={log} which="request" title="Request" headers={log.request_headers} />
      <Side place={place} log={log} which="response" title="Response" headers={log.response_headers} />
      {log.assembled && (
        <section>
          <h3 className="m-0 mb-1 text-sm font-semibold">Streamed answer, put together</h3>
          <Code text={pretty(log.assembled)} label="Streamed answer, put together" />
        </section>
      )}
    </div>
  );
}

interface SideProps {
  place: Place;
  log: Trace;
  which: "request" | "response";
  title: string;
  headers: string;
}

function Side({ place, log, which, title, headers }: SideProps) {
  const body = useBody(place, log, which);
  const size = which === "request" ? log.request_size : log.response_size;
  const text = useMemo(() => (body.isWhole ? pretty(body.text) : body.text), [body.text, body.isWhole]);
  return (
    <section className="flex flex-col gap-2">
      <h3 className="m-0 flex flex-wrap items-center justify-between gap-2 text-sm font-semibold">
        {title}
        <span className="text-xs font-normal text-kumo-subtle">
          {bytes(size)}
          {log.is_truncated && ", recorded up to the payload limit"}
        </span>
      </h3>
      {headers ? (
        <Code text={headers.trim().replaceAll("\r\n", "\n")} label={`${title}: head`} most="max-h-56" />
      ) : (
        <p className="m-0 text-sm text-kumo-subtle">The head was not kept.</p>
      )}
      {body.error ? <Problem error={body.error} onRetry={body.load} /> : null}
      {text ? (
        <Code text={text} label={`${title}: body`} />
      ) : (
        <p className="m-0 text-sm text-kumo-subtle">
          {log.has_bodies ? "No body, or one that is no text." : "The body was not kept."}
        </p>
      )}
      {log.has_bodies && (
        <div className="flex flex-wrap items-center gap-3 text-sm">
          {!body.isWhole && (
            <Button size="sm" loading={body.isLoading} onClick={body.load}>
              Load all {bytes(size)}
            </Button>
          )}
          <a href={bodyHref(place, log.id, which)} download={`${log.id}-${which}`} className="text-kumo-link underline">
            Download the body
          </a>
        </div>
      )}
    </section>
  );
}
