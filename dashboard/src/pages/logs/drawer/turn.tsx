/** One turn of a conversation with all of its parts. */

import { Button } from "@cloudflare/kumo/components/button";
import { FileIcon } from "@phosphor-icons/react/File";
import { ImageIcon } from "@phosphor-icons/react/Image";
import { SpeakerHighIcon } from "@phosphor-icons/react/SpeakerHigh";
import { type ReactNode, useState } from "react";
import { count } from "@/lib/format";
import { type Part, type Role, shown, type Turn } from "@/pages/logs/conversation/model";
import { Fold } from "@/pages/logs/drawer/fold";
import { CopyButton } from "@/ui/copy-button";
import { Markdown } from "@/ui/markdown";

const NAMES: Record<Role, string> = {
  system: "System",
  user: "User",
  assistant: "Assistant",
  tool: "Tool",
  error: "Error",
};
const GROUNDS: Record<Role, string> = {
  system: "bg-kumo-recessed",
  user: "bg-kumo-base",
  assistant: "bg-kumo-tint",
  tool: "bg-kumo-recessed",
  error: "bg-kumo-danger-tint",
};

export function TurnBox({ turn }: { turn: Turn }) {
  const words = turn.parts.map((part) => (part.kind === "text" ? part.text : "")).join("\n\n");
  return (
    <section className={`rounded-md border border-kumo-line ${GROUNDS[turn.role]}`}>
      <div className="flex h-8 items-center justify-between gap-2 pr-1 pl-3">
        <h3 className="m-0 text-xs font-semibold">
          {NAMES[turn.role]}
          {turn.notes.map((note) => (
            <span key={note} className="ml-2 font-normal text-kumo-subtle">
              {note}
            </span>
          ))}
        </h3>
        {words.trim() && <CopyButton text={words} />}
      </div>
      <div className="flex flex-col gap-2 px-3 pb-3">
        {turn.parts.map((part, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have nothing else, and stay in their order
          <PartBox key={index} part={part} isAnswer={turn.role === "assistant"} />
        ))}
        {turn.parts.length === 0 && <span className="text-sm text-kumo-subtle">Nothing was said.</span>}
      </div>
    </section>
  );
}

function PartBox({ part, isAnswer = false }: { part: Part; isAnswer?: boolean }) {
  switch (part.kind) {
    case "text":
      // Models write Markdown; what people write is shown as they wrote it.
      return isAnswer && part.text.length <= MOST_SHOWN ? <Markdown text={part.text} /> : <Words text={part.text} />;
    case "refusal":
      return <p className="m-0 text-sm break-words whitespace-pre-wrap text-kumo-danger">{part.text}</p>;
    case "reasoning":
      return (
        <Fold title={`Reasoning, ${count(part.text.length)} characters`}>
          <Words text={part.text} isQuiet />
        </Fold>
      );
    case "image":
      return <Picture url={part.url} name={part.name} />;
    case "audio":
      return <Named icon={<SpeakerHighIcon size={15} aria-hidden />} name={part.name} about="audio" />;
    case "file":
      return <Named icon={<FileIcon size={15} aria-hidden />} name={part.name} about={part.type || "file"} />;
    case "call":
      return (
        <Box title={<>Calls {part.name}</>} note={part.id}>
          {part.given && <Mono text={part.given} />}
        </Box>
      );
    case "result":
      return (
        <Box title={part.isError ? "Failed" : "Result"} note={part.name || part.id} isBad={part.isError}>
          {part.parts.map((one, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same
            <ResultPart key={index} part={one} />
          ))}
        </Box>
      );
    default:
      return (
        <Fold title={part.name}>
          <Mono text={part.json} />
        </Fold>
      );
  }
}

/** Tools answer in JSON more often than not. */
function ResultPart({ part }: { part: Part }) {
  const lines = part.kind === "text" ? shown(part.text) : "";
  return part.kind === "text" && lines !== part.text ? <Mono text={lines} /> : <PartBox part={part} />;
}

const MOST_SHOWN = 6_000;

/** Long texts are shown in part, so that a page of a novel's length stays quick. */
function Words({ text, isQuiet = false }: { text: string; isQuiet?: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > MOST_SHOWN && !isWhole;
  return (
    <div className={`text-sm leading-relaxed break-words whitespace-pre-wrap ${isQuiet ? "text-kumo-subtle" : ""}`}>
      {isLong ? `${text.slice(0, MOST_SHOWN)}…` : text}
      {isLong && (
        <div className="mt-2">
          <Button size="sm" onClick={() => setWhole(true)}>
            Show all {count(text.length)} characters
          </Button>
        </div>
      )}
    </div>
  );
}

function Mono({ text }: { text: string }) {
  return (
    <pre className="m-0 max-h-72 overflow-auto font-mono text-xs break-words whitespace-pre-wrap" tabIndex={-1}>
      {text}
    </pre>
  );
}

interface BoxProps {
  title: ReactNode;
  note: string;
  isBad?: boolean;
  children: ReactNode;
}

function Box({ title, note, isBad = false, children }: BoxProps) {
  return (
    <div className="rounded-md border border-kumo-line bg-kumo-base">
      <div className="flex items-center justify-between gap-3 border-b border-kumo-hairline px-2.5 py-1 text-xs">
        <span className={`font-medium ${isBad ? "text-kumo-danger" : ""}`}>{title}</span>
        <span className="min-w-0 truncate font-mono text-kumo-subtle">{note}</span>
      </div>
      <div className="flex flex-col gap-2 p-2.5">{children}</div>
    </div>
  );
}

function Named({ icon, name, about }: { icon: ReactNode; name: string; about: string }) {
  return (
    <span className="flex max-w-full items-center gap-2 self-start rounded-md border border-kumo-line bg-kumo-base px-2.5 py-1.5 text-sm">
      {icon}
      <span className="min-w-0 truncate">{name}</span>
      {about !== name && <span className="text-xs text-kumo-subtle">{about}</span>}
    </span>
  );
}

function Picture({ url, name }: { url: string | null; name: string }) {
  const [isBroken, setBroken] = useState(false);
  if (!url || isBroken) {
    return (
      <Named icon={<ImageIcon size={15} aria-hidden />} name={name} about={isBroken ? "cannot be shown" : "image"} />
    );
  }
  return (
    <a href={url} target="_blank" rel="noreferrer noopener" className="self-start">
      <img
        src={url}
        alt={name}
        loading="lazy"
        referrerPolicy="no-referrer"
        onError={() => setBroken(true)}
        className="max-h-80 min-h-6 max-w-full min-w-6 rounded-md border border-kumo-line object-contain"
      />
    </a>
  );
}
