import { CheckCircleIcon } from "@phosphor-icons/react/CheckCircle";
import { WarningIcon } from "@phosphor-icons/react/Warning";
import { WarningOctagonIcon } from "@phosphor-icons/react/WarningOctagon";
import type { System } from "@/pages/system/api";
import { faultsOf, sentenceOf } from "@/pages/system/health";
import { Placeholder } from "@/ui/loading";
import { Ticks } from "@/ui/ticks";

interface HealthCardProps {
  system: System | undefined;
  /** The server says nothing at the moment: these are its last words. */
  isStale: boolean;
}

export function HealthCard({ system, isStale }: HealthCardProps) {
  const faults = system ? faultsOf(system) : [];
  return (
    <section
      aria-label="Health"
      className={`rounded-lg border border-kumo-line bg-kumo-base px-4 py-3 ${isStale ? "opacity-60" : ""}`}
    >
      <p role="status" className="m-0 flex items-center gap-2.5 text-base font-medium">
        <Sign level={system ? (faults[0]?.level ?? "good") : null} />
        {system ? sentenceOf(system) : <Placeholder className="h-5 w-96 max-w-full" />}
      </p>
      {faults.length === 1 && <Advice text={faults[0]?.advice ?? ""} />}
      {faults.length > 1 && (
        <ul className="m-0 mt-3 flex list-none flex-col gap-3 border-t border-kumo-hairline p-0 pt-3">
          {faults.map((fault) => (
            <li key={fault.what}>
              <div className="flex items-center gap-2.5 font-medium">
                <Sign level={fault.level} />
                {fault.what}
              </div>
              <Advice text={fault.advice} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Sign({ level }: { level: "good" | "warn" | "bad" | null }) {
  if (level === "good")
    return <CheckCircleIcon size={20} weight="fill" className="shrink-0 text-kumo-success" aria-hidden />;
  if (level === "warn")
    return <WarningIcon size={20} weight="fill" className="shrink-0 text-kumo-warning" aria-label="Warning:" />;
  if (level === "bad")
    return <WarningOctagonIcon size={20} weight="fill" className="shrink-0 text-kumo-danger" aria-label="Trouble:" />;
  return <span className="size-5 shrink-0" />;
}

function Advice({ text }: { text: string }) {
  return (
    <p className="m-0 mt-0.5 pl-[30px] text-sm leading-normal text-kumo-subtle">
      <Ticks text={text} />
    </p>
  );
}
