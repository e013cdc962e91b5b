/** What fits as a file: plain links, so that the browser shows how far it is. */

import { Button } from "@cloudflare/kumo/components/button";
import { DropdownMenu } from "@cloudflare/kumo/components/dropdown";
import { DownloadSimpleIcon } from "@phosphor-icons/react/DownloadSimple";
import { exportHref, type Place, type Which } from "@/pages/logs/api";

interface ExportMenuProps {
  place: Place;
  query: Which;
  isNarrowed: boolean;
}

const KINDS = [
  { label: "JSON Lines", query: { format: "jsonl" } },
  { label: "JSON Lines with bodies", query: { format: "jsonl", bodies: true } },
  { label: "Parquet", query: { format: "parquet" } },
  { label: "Parquet with bodies", query: { format: "parquet", bodies: true } },
] as const;

export function ExportMenu({ place, query, isNarrowed }: ExportMenuProps) {
  return (
    <DropdownMenu>
      <DropdownMenu.Trigger render={<Button icon={<DownloadSimpleIcon size={15} />}>Export</Button>} />
      <DropdownMenu.Content>
        <DropdownMenu.Group>
          <DropdownMenu.Label>{isNarrowed ? "The logs that fit" : "All logs"}, oldest first</DropdownMenu.Label>
          {KINDS.map((kind) => (
            <DropdownMenu.LinkItem
              key={kind.label}
              closeOnClick
              download
              href={exportHref(place, { ...query, ...kind.query })}
            >
              {kind.label}
            </DropdownMenu.LinkItem>
          ))}
        </DropdownMenu.Group>
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}
