/** One line of the list; drawn anew only when its log, its place or its mark changes. */

// biome-ignore-all lint/a11y/useSemanticElements: lines lie where they are put, which those of a table do not
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and says which line is meant
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys are the grid's

import { LightningIcon } from "@phosphor-icons/react/Lightning";
import { ProhibitIcon } from "@phosphor-icons/react/Prohibit";
import { ThumbsDownIcon } from "@phosphor-icons/react/ThumbsDown";
import { ThumbsUpIcon } from "@phosphor-icons/react/ThumbsUp";
import { WarningIcon } from "@phosphor-icons/react/Warning";
import { WavesIcon } from "@phosphor-icons/react/Waves";
import { memo } from "react";
import { count, duration, moment, UNKNOWN, usd } from "@/lib/format";
import { entriesOf } from "@/pages/logs/metadata";
import type { LogRow } from "@/pages/logs/types";
import { Badge, type Tone } from "@/ui/badge";

export type Layout = "phone" | "narrow" | "wide";

export const ROW_PX: Record<Layout, number> = { phone: 60, narrow: 38, wide: 38 };
export const COLUMNS: Record<Layout, string> = {
  phone: "",
  narrow: "grid-cols-[124px_58px_minmax(150px,1fr)_104px_116px_76px_112px]",
  wide: "grid-cols-[124px_58px_minmax(180px,1.1fr)_104px_116px_80px_132px_minmax(160px,1fr)]",
};

interface RowProps {
  /** Undefined while it is on its way. */
  row: LogRow | undefined;
  index: number;
  top: number;
  layout: Layout;
  isActive: boolean;
  isOpen: boolean;
}

export const rowId = (index: number) => `log-row-${index}`;

export const Row = memo(function Row({ row, index, top, layout, isActive, isOpen }: RowProps) {
  const ground = isOpen || isActive ? "bg-kumo-tint" : "hover:bg-kumo-tint";
  const mark = isActive ? "shadow-[inset_3px_0_0_var(--color-kumo-brand)]" : "";
  return (
    <div
      role="row"
      id={rowId(index)}
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      data-index={index}
      className={`absolute inset-x-0 cursor-pointer border-b border-kumo-hairline px-3 text-[13px] [contain:layout_size_style] ${SHAPES[layout]} ${ground} ${mark}`}
      // A transform would make each line a layer to be thought about with each frame.
      style={{ height: ROW_PX[layout], top }}
    >
      {row ? layout === "phone" ? <Small row={row} /> : <Wide row={row} layout={layout} /> : <Coming />}
    </div>
  );
});

const SHAPES: Record<Layout, string> = {
  phone: "flex flex-col justify-center gap-1",
  narrow: `grid items-center gap-3 ${COLUMNS.narrow}`,
  wide: `grid items-center gap-3 ${COLUMNS.wide}`,
};

/** Few elements: they come and go by the dozen with each frame that is scrolled. */
function Wide({ row, layout }: { row: LogRow; layout: Layout }) {
  return (
    <>
      <div role="gridcell" className="tabular text-kumo-subtle">
        {moment(row.created_at)}
      </div>
      <div role="gridcell">
        <Status row={row} />
      </div>
      <div role="gridcell" className="min-w-0 truncate">
        <Model row={row} />
      </div>
      <div role="gridcell" className="flex items-center gap-1.5 text-kumo-subtle">
        <Marks row={row} />
      </div>
      <div role="gridcell" className="tabular text-right">
        {tokensOf(row)}
      </div>
      <div role="gridcell" className="tabular text-right">
        {usd(row.cost)}
      </div>
      <div role="gridcell" className="tabular flex items-center gap-2">
        <Duration row={row} />
      </div>
      {layout === "wide" && (
        <div role="gridcell" className="flex min-w-0 gap-1 overflow-hidden whitespace-nowrap">
          <Details row={row} />
        </div>
      )}
    </>
  );
}

/** Two lines. */
function Small({ row }: { row: LogRow }) {
  return (
    <>
      <div role="gridcell" className="flex items-center gap-2">
        <Status row={row} />
        <span className="min-w-0 flex-1 truncate">
          <Model row={row} />
        </span>
        <span className="flex items-center gap-1.5 text-kumo-subtle">
          <Marks row={row} />
        </span>
      </div>
      <div
        role="gridcell"
        className="tabular grid grid-cols-[7.25rem_1fr_5rem_3.75rem] gap-2 text-right text-xs text-kumo-subtle"
      >
        <span className="text-left">{moment(row.created_at)}</span>
        <span>{tokensOf(row)}</span>
        <span>{usd(row.cost)}</span>
        <span>{duration(row.duration)}</span>
      </div>
    </>
  );
}

function Coming() {
  return (
    <div role="gridcell" className="w-24 self-center rounded bg-kumo-fill text-[9px] text-transparent">
      Loading
    </div>
  );
}

export function toneOf(row: { status_code: number; success: boolean }): Tone {
  if (row.success) return "good";
  return row.status_code >= 400 && row.status_code < 500 ? "warn" : "bad";
}

export function Status({ row }: { row: LogRow }) {
  return (
    <Badge tone={toneOf(row)} title={row.error || undefined}>
      {row.status_code ? String(row.status_code) : "none"}
    </Badge>
  );
}

function Model({ row }: { row: LogRow }) {
  return (
    <>
      <span className="text-kumo-subtle">{row.provider} / </span>
      {row.model || row.path}
    </>
  );
}

const tokensOf = (row: LogRow) =>
  row.tokens_in === null && row.tokens_out === null ? UNKNOWN : `${count(row.tokens_in)} → ${count(row.tokens_out)}`;

/** By the logarithm: 10 ms is nothing, a minute all of it; the darker part is after the first byte. */
function Duration({ row }: { row: LogRow }) {
  const share = Math.min(Math.max(Math.log10(Math.max(row.duration, 1) / 10) / Math.log10(6_000), 0.03), 1);
  const wait = row.first_byte === null || row.duration <= 0 ? 1 : Math.min(row.first_byte / row.duration, 1);
  return (
    <>
      <span className="w-16 shrink-0 text-right">{duration(row.duration)}</span>
      <span
        aria-hidden
        className="h-1.5 rounded-full"
        style={{
          width: `${(share * BAR_PX).toFixed()}px`,
          background: `linear-gradient(to right, var(--chart-2-faded) ${wait * 100}%, var(--chart-2) ${wait * 100}%)`,
        }}
      />
    </>
  );
}

const BAR_PX = 52;

function Marks({ row }: { row: LogRow }) {
  return (
    <>
      {row.cached && <LightningIcon {...ICON} alt="From the cache" weight="fill" className="text-kumo-success" />}
      {row.streamed && <WavesIcon {...ICON} alt="Streamed" />}
      {row.attempts > 1 && (
        <span className="tabular text-xs" title={`${row.attempts} attempts`}>
          ×{row.attempts}
        </span>
      )}
      {row.cancelled && <ProhibitIcon {...ICON} alt="The client left" />}
      {row.broken && <WarningIcon {...ICON} alt="Broken off" className="text-kumo-danger" />}
      {row.feedback !== null && row.feedback > 0 && <ThumbsUpIcon {...ICON} alt="Rated up" />}
      {row.feedback !== null && row.feedback < 0 && <ThumbsDownIcon {...ICON} alt="Rated down" />}
    </>
  );
}

const ICON = { size: 15, role: "img" };
const CHIPS = 3;

function Details({ row }: { row: LogRow }) {
  if (row.error) return <span className="truncate text-kumo-danger">{row.error}</span>;
  const entries = entriesOf(row.metadata);
  return (
    <>
      {entries.slice(0, CHIPS).map(([key, value]) => (
        <span key={key} className="max-w-40 shrink-0 truncate rounded bg-kumo-fill px-1.5 py-0.5 text-xs">
          <span className="text-kumo-subtle">{key}</span> {value}
        </span>
      ))}
      {entries.length > CHIPS && (
        <span className="shrink-0 py-0.5 text-xs text-kumo-subtle">+{entries.length - CHIPS}</span>
      )}
    </>
  );
}
