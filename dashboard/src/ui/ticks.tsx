/** Messages as the server writes them: what stands in backticks is code. */

import { Fragment } from "react";

export function Ticks({ text }: { text: string }) {
  const parts = text.split("`");
  // An odd one out is text as any other.
  if (parts.length % 2 === 0) return text;
  return parts.map((part, place) =>
    place % 2 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text have nothing else
      <code key={place} className="text-[0.95em] break-all">
        {part}
      </code>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the same
      <Fragment key={place}>{part}</Fragment>
    ),
  );
}
