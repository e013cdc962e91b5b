/** Pictures in small, with their size, and a way to take them out. */

import { LinkIcon } from "@phosphor-icons/react/Link";
import { XIcon } from "@phosphor-icons/react/X";
import { bytes } from "@/lib/format";
import type { Picture } from "@/pages/playground/pictures";

interface PictureStripProps {
  pictures: readonly Picture[];
  onRemove?: (id: string) => void;
}

export function PictureStrip({ pictures, onRemove }: PictureStripProps) {
  if (!pictures.length) return null;
  return (
    <ul className="m-0 flex list-none flex-wrap gap-2 p-0">
      {pictures.map((one) => (
        <li key={one.id} className="relative overflow-hidden rounded-md border border-kumo-line bg-kumo-recessed">
          {one.url.startsWith("data:") ? (
            <img src={one.url} alt={one.name} className="block h-16 w-20 object-cover" />
          ) : (
            // Asking somebody's server for it would tell it that this is looked at.
            <span className="flex h-16 w-20 items-center justify-center" title={one.url}>
              <LinkIcon size={20} aria-label={one.url} />
            </span>
          )}
          <span className="block max-w-20 truncate px-1 text-center text-xs text-kumo-subtle" title={one.name}>
            {one.size ? bytes(one.size) : "linked"}
          </span>
          {onRemove && (
            <button
              type="button"
              aria-label={`Take out ${one.name}`}
              onClick={() => onRemove(one.id)}
              className="absolute top-0.5 right-0.5 flex size-6 cursor-pointer items-center justify-center rounded-full border border-kumo-line bg-kumo-base p-0 text-kumo-default"
            >
              <XIcon size={12} aria-hidden />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
