/** Text to read or to paste, with a button to copy it. */

import { CopyButton } from "@/ui/copy-button";

interface CodeProps {
  text: string;
  label: string;
  most?: string;
  /** Long lines are scrolled to, not broken: for what is to be read as code. */
  isUnbroken?: boolean;
  /** Shown above it, beside the button. */
  title?: string;
}

export function Code({ text, label, most = "max-h-96", isUnbroken = false, title }: CodeProps) {
  return (
    <div className="relative rounded-md border border-kumo-line bg-kumo-recessed">
      {title ? (
        <div className="flex items-center justify-between gap-3 border-b border-kumo-line py-1 pr-1 pl-3">
          <span className="truncate text-xs font-medium">{title}</span>
          <CopyButton text={text} />
        </div>
      ) : (
        <div className="absolute top-1 right-1 rounded bg-kumo-recessed">
          <CopyButton text={text} />
        </div>
      )}
      <section
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        className={`overflow-auto ${most}`}
      >
        <pre
          className={`m-0 p-3 font-mono text-xs leading-relaxed ${title ? "" : "pr-20"} ${isUnbroken ? "whitespace-pre" : "break-words whitespace-pre-wrap"}`}
        >
          {text}
        </pre>
      </section>
    </div>
  );
}

/** JSON in lines; other text as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
