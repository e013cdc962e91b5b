/** A word that says how something stands; its tone is never all that says it. */

export type Tone = "good" | "bad" | "warn" | "info" | "plain";

const TONES: Record<Tone, string> = {
  good: "bg-kumo-success-tint text-kumo-success",
  bad: "bg-kumo-danger-tint text-kumo-danger",
  warn: "bg-kumo-warning-tint text-kumo-default",
  info: "bg-kumo-info-tint text-kumo-info",
  plain: "bg-kumo-fill text-kumo-default",
};

export function Badge({ tone = "plain", children, title }: { tone?: Tone; children: string; title?: string }) {
  return (
    <span
      title={title}
      className={`inline-flex items-center rounded px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}
