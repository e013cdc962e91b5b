/** Where the question is written: text, and pictures that are dropped, pasted or chosen. */

import { Button } from "@cloudflare/kumo/components/button";
import { ImageIcon } from "@phosphor-icons/react/Image";
import { PaperPlaneTiltIcon } from "@phosphor-icons/react/PaperPlaneTilt";
import { StopIcon } from "@phosphor-icons/react/Stop";
import { type ClipboardEvent, type KeyboardEvent, useLayoutEffect, useRef } from "react";
import { PictureStrip } from "@/pages/playground/picture-strip";
import { KINDS, type Picture } from "@/pages/playground/pictures";

interface ComposerProps {
  prompt: string;
  pictures: readonly Picture[];
  isRunning: boolean;
  /** Something can be sent though nothing is written. */
  isWaiting: boolean;
  /** Why nothing can be sent now; empty = it can. */
  hindrance: string;
  onPrompt: (text: string) => void;
  onFiles: (files: readonly File[]) => void;
  onRemove: (id: string) => void;
  onSend: () => void;
  onStop: () => void;
}

const MOST_HEIGHT_PX = 220;

export function Composer(props: ComposerProps) {
  const { prompt, pictures, isRunning, isWaiting, hindrance, onSend, onStop } = props;
  const isEmpty = !prompt.trim() && !pictures.length;
  const canSend = !isRunning && !hindrance && (!isEmpty || isWaiting);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && isRunning) onStop();
    // While a word is being composed (Japanese, for one), Enter ends the word.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (canSend) onSend();
  };
  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    props.onFiles(files);
  };
  return (
    <div className="flex flex-col gap-2 rounded-lg border border-kumo-line bg-kumo-base p-2 focus-within:border-kumo-brand">
      <PictureStrip pictures={pictures} onRemove={props.onRemove} />
      <div className="flex items-end gap-2">
        <Choose onFiles={props.onFiles} />
        <Text value={prompt} onChange={props.onPrompt} onKeyDown={onKeyDown} onPaste={onPaste} />
        {isRunning ? (
          <Button icon={<StopIcon weight="fill" />} onClick={onStop}>
            Stop
          </Button>
        ) : (
          <Button variant="primary" icon={<PaperPlaneTiltIcon weight="fill" />} disabled={!canSend} onClick={onSend}>
            {isEmpty && isWaiting ? "Send again" : "Send"}
          </Button>
        )}
      </div>
      {hindrance && <p className="m-0 px-1 text-xs text-kumo-danger">{hindrance}</p>}
    </div>
  );
}

interface TextProps {
  value: string;
  onChange: (text: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
  onPaste: (event: ClipboardEvent) => void;
}

function Text({ value, onChange, onKeyDown, onPaste }: TextProps) {
  const place = useRef<HTMLTextAreaElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides how high it is
  useLayoutEffect(() => {
    const { current } = place;
    if (!current) return;
    current.style.height = "auto";
    current.style.height = `${Math.min(current.scrollHeight, MOST_HEIGHT_PX)}px`;
  }, [value]);
  return (
    <textarea
      ref={place}
      aria-label="Your question"
      aria-description="Enter sends it, Shift and Enter begin a new line"
      placeholder="Ask all models…"
      rows={1}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={onKeyDown}
      onPaste={onPaste}
      className="min-h-9 flex-1 resize-none border-0 bg-transparent px-1 py-2 text-sm text-kumo-default outline-none! placeholder:text-kumo-placeholder"
    />
  );
}

function Choose({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const place = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button
        variant="ghost"
        shape="square"
        aria-label="Add pictures"
        title="Add pictures; they can be dropped and pasted too"
        icon={<ImageIcon size={18} />}
        onClick={() => place.current?.click()}
      />
      <input
        ref={place}
        type="file"
        accept={KINDS.join(",")}
        multiple
        hidden
        aria-label="Pictures"
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = "";
        }}
      />
    </>
  );
}
