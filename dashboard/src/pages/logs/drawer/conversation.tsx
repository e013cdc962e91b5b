/** The request and the answer as a conversation; what cannot be read so is in the raw view. */

import { Button } from "@cloudflare/kumo/components/button";
import { useMemo } from "react";
import { bytes, plural } from "@/lib/format";
import type { Place } from "@/pages/logs/api";
import { readAnswer } from "@/pages/logs/conversation/answer";
import type { Said, Tool } from "@/pages/logs/conversation/model";
import { readRequest } from "@/pages/logs/conversation/request";
import { Fold } from "@/pages/logs/drawer/fold";
import { TurnBox } from "@/pages/logs/drawer/turn";
import { type BodyText, useBody } from "@/pages/logs/drawer/use-body";
import type { Trace } from "@/pages/logs/types";
import { Empty } from "@/ui/empty";
import { Loading } from "@/ui/loading";
import { Problem } from "@/ui/problem";

export function Conversation({ place, log }: { place: Place; log: Trace }) {
  const request = useBody(place, log, "request");
  const response = useBody(place, log, "response", log.assembled === "");
  const answerText = log.assembled || response.text;
  const asked = useMemo(() => readRequest(request.text, log.path, log.step), [request.text, log.path, log.step]);
  const answered = useMemo(() => readAnswer(answerText), [answerText]);
  if (!log.has_bodies) {
    return (
      <Empty
        title="Bodies were not kept"
        about="This log has its figures alone: the request asked for no payload to be collected, nobody was let in, or the disk was nearly full."
      />
    );
  }
  return (
    <div className="flex flex-col gap-3">
      <Side
        said={asked}
        body={request}
        name="request"
        size={log.request_size}
        type={log.request_content_type}
        isTruncated={log.is_truncated}
      />
      <Side
        said={answered}
        body={log.assembled ? { ...response, isWhole: true, isLoading: false, error: null } : response}
        name="answer"
        size={log.response_size}
        type={log.response_content_type}
        isTruncated={log.is_truncated}
      />
    </div>
  );
}

interface SideProps {
  said: Said | null;
  body: BodyText;
  name: "request" | "answer";
  size: number;
  type: string;
  isTruncated: boolean;
}

function Side({ said, body, name, size, type, isTruncated }: SideProps) {
  if (said) {
    return (
      <>
        {said.settings.length > 0 && <Settings settings={said.settings} />}
        {said.tools.length > 0 && <Tools tools={said.tools} />}
        {said.turns.map((turn, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: turns have nothing else, and stay in their order
          <TurnBox key={index} turn={turn} />
        ))}
      </>
    );
  }
  if (body.error) return <Problem error={body.error} onRetry={body.load} />;
  if (!body.isWhole) {
    if (body.isLoading) return <Loading label={`Loading the ${name}`} />;
    return (
      <div className="flex flex-wrap items-center justify-between gap-2 rounded-md border border-kumo-line p-3 text-sm">
        <span className="text-kumo-subtle">
          The {name} has {bytes(size)}.
        </span>
        <Button size="sm" onClick={body.load}>
          Load and show it
        </Button>
      </div>
    );
  }
  return (
    <p className="m-0 rounded-md border border-kumo-line p-3 text-sm text-kumo-subtle">
      {size === 0
        ? `The ${name} has no body.`
        : `The ${name} (${type || "of no named type"}, ${bytes(size)}) is no conversation that can be shown here${
            isTruncated ? ": its recorded body stops at the payload limit" : ""
          }. The raw view has it.`}
    </p>
  );
}

function Settings({ settings }: { settings: [string, string][] }) {
  return (
    <ul aria-label="Parameters" className="m-0 flex list-none flex-wrap gap-1 p-0">
      {settings.map(([name, value]) => (
        <li
          key={name}
          title={`${name}: ${value}`}
          className="max-w-full truncate rounded bg-kumo-fill px-1.5 py-0.5 font-mono text-xs"
        >
          <span className="text-kumo-subtle">{name}</span> {value}
        </li>
      ))}
    </ul>
  );
}

function Tools({ tools }: { tools: Tool[] }) {
  return (
    <Fold title={`${plural(tools.length, "tool")}: ${tools.map((tool) => tool.name).join(", ")}`}>
      <ul className="m-0 flex list-none flex-col gap-2 p-0">
        {tools.map((tool) => (
          <li key={tool.name} className="text-sm">
            <span className="font-mono text-xs font-semibold">{tool.name}</span>
            {tool.about && <span className="text-kumo-subtle">: {tool.about}</span>}
            {tool.schema && (
              <pre className="m-0 mt-1 max-h-48 overflow-auto rounded bg-kumo-recessed p-2 font-mono text-xs whitespace-pre-wrap">
                {tool.schema}
              </pre>
            )}
          </li>
        ))}
      </ul>
    </Fold>
  );
}
