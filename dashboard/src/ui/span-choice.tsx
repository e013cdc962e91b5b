/** The choice of a span of time; kept in the URL as `range`, `from` and `to`. */

import { moment } from "@/lib/format";
import { PRESETS, type Span } from "@/lib/time-range";
import { useUrlChange } from "@/lib/url-state";
import { Choice } from "@/ui/choice";

export function SpanChoice({ span, fallback = "24h" }: { span: Span; fallback?: string }) {
  const change = useUrlChange();
  const custom = `${moment(span.since, "minute")} – ${moment(span.until, "minute")}`;
  const options: [string, string][] = PRESETS.map((one) => [one.name, one.label]);
  if (span.name === "custom") options.push(["custom", custom]);
  return (
    <Choice
      label="Span of time"
      value={span.name}
      options={options}
      onChange={(name) => change({ range: name === fallback ? null : name, from: null, to: null })}
    />
  );
}

/** For a chart's `onZoom`. */
export function useZoom(): (from: number, to: number) => void {
  const change = useUrlChange();
  return (from, to) =>
    change(
      { range: "custom", from: new Date(from * 1000).toISOString(), to: new Date(to * 1000).toISOString() },
      { replace: false },
    );
}
