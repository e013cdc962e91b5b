/** How much of a limit is used, as a bar beside the words that say so. */

const NEAR = 0.8;

interface MeterProps {
  label: string;
  /** Of 1; above it the bar is full. */
  share: number;
  words: string;
  className?: string;
}

export function Meter({ label, share, words, className = "w-32" }: MeterProps) {
  const shown = Math.min(Math.max(share, 0), 1);
  const colour = share >= 1 ? "bg-kumo-danger" : share >= NEAR ? "bg-kumo-warning" : "bg-kumo-brand";
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers draw their own element each in their way
    <div
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(shown * 100)}
      aria-valuetext={words}
      className={className}
    >
      <div className="tabular text-xs whitespace-nowrap">{words}</div>
      <div className="mt-1 h-1.5 overflow-hidden rounded-full bg-kumo-fill">
        <div className={`h-full rounded-full ${colour}`} style={{ width: `${shown * 100}%` }} />
      </div>
    </div>
  );
}
