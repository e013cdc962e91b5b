import { Button } from "@cloudflare/kumo/components/button";
import { CheckIcon } from "@phosphor-icons/react/Check";
import { CopyIcon } from "@phosphor-icons/react/Copy";
import { useEffect, useState } from "react";

const SHOWN_MS = 1500;

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <Button
      size="sm"
      variant="ghost"
      icon={isCopied ? <CheckIcon /> : <CopyIcon />}
      onClick={async () => {
        await copy(text);
        setCopied(true);
      }}
    >
      {isCopied ? "Copied" : label}
    </Button>
  );
}

/** The clipboard's own interface is not there on plain http beyond localhost. */
export async function copy(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
