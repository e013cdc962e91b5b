/** How the server is: its processes, its journal, its stores, and what it runs on. */

import type { ReactNode } from "react";
import { ago, bytes, count, duration, exact, moment, percent, UNKNOWN } from "@/lib/format";
import { type System as Looked, useSystem } from "@/pages/system/api";
import { factWords, labelOf } from "@/pages/system/features";
import { HealthCard } from "@/pages/system/health-card";
import { useRates } from "@/pages/system/rate";
import { StoreTable } from "@/pages/system/store-table";
import { WorkerTable } from "@/pages/system/worker-table";
import { Badge } from "@/ui/badge";
import { Card } from "@/ui/card";
import { Facts } from "@/ui/facts";
import { Meter } from "@/ui/meter";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";
import { Sparkline } from "@/ui/sparkline";
import { Stat, Stats } from "@/ui/stat";

export default function System() {
  const system = useSystem();
  const rates = useRates(system.data?.result, system.dataUpdatedAt);
  const found = system.data?.result;
  return (
    <Page title="System" about="How this server is, at this moment." actions={<Elsewhere />}>
      {system.isError && <Problem error={system.error} onRetry={() => system.refetch()} />}
      <HealthCard system={found} isStale={system.isError} />
      <Figures system={found} rate={rates.at(-1)} />
      <Card
        title="Workers"
        about="They answer requests, each on a core of its own."
        actions={rates.length > 2 && <Recent rates={rates} />}
        isFlush
      >
        <WorkerTable workers={found?.workers} />
      </Card>
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <JournalCard system={found} />
        <DiskCard system={found} />
      </div>
      <Card title="Stores" about="Where configuration, logs and counts are kept." isFlush>
        <StoreTable stores={found?.stores} />
      </Card>
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Card title="Versions">
          <Facts facts={found ? versionsOf(found) : []} />
        </Card>
        <Card title="Features" about="What this server is set up for.">
          <Facts facts={found ? featuresOf(found) : []} />
        </Card>
      </div>
    </Page>
  );
}

function Elsewhere() {
  const links: [string, string, string][] = [
    ["/metrics", "Metrics", "for Prometheus"],
    ["/healthz", "Health", "is it there?"],
    ["/readyz", "Readiness", "may it be sent requests?"],
  ];
  return (
    <nav aria-label="For machines" className="flex gap-3 text-sm">
      {links.map(([href, label, title]) => (
        <a key={href} href={href} target="_blank" rel="noreferrer" title={title} className="text-kumo-link">
          {label}
        </a>
      ))}
    </nav>
  );
}

function Figures({ system, rate }: { system: Looked | undefined; rate: number | undefined }) {
  const sum = (of: (worker: Looked["workers"][number]) => number) =>
    system?.workers.reduce((total, worker) => total + of(worker), 0);
  const memory = system && memoryOf(system);
  return (
    <Stats>
      <Stat
        label="Requests a second"
        value={system && (rate === undefined ? UNKNOWN : rateWords(rate))}
        note={system && `${count(sum((worker) => worker.requests))} in all`}
      />
      <Stat
        label="In flight"
        value={system && exact(sum((worker) => worker.in_flight))}
        note={system && `on ${exact(sum((worker) => worker.connections))} connections`}
      />
      <Stat label="Logs are behind" value={system && duration(system.journal.lag_s * 1000)} note="answers to logs" />
      <Stat label="Memory" value={system && bytes(memory)} note={system && `${system.workers.length + 1} processes`} />
      <Stat
        label="Up for"
        value={system && duration(system.uptime_s * 1000)}
        note={system && `since ${moment(system.started_at, "minute")}`}
      />
      <Stat label="Version" value={system?.version} note="of Torana" />
    </Stats>
  );
}

function Recent({ rates }: { rates: number[] }) {
  return (
    <span className="flex items-center gap-2 text-xs text-kumo-subtle">
      <span>Requests, at most {rateWords(Math.max(...rates))} a second since this page opened</span>
      <Sparkline values={rates} className="h-6 w-28" />
    </span>
  );
}

/** Null where the machine does not tell that of each process. */
function memoryOf(system: Looked): number | null {
  const each = [...system.workers, system.control].map((one) => one.rss_bytes);
  return each.reduce((total, one) => (total === null || one === null ? null : total + one), 0 as number | null);
}

const rateWords = (rate: number) => (rate < 10 ? (Math.round(rate * 10) / 10).toString() : count(rate));

function JournalCard({ system }: { system: Looked | undefined }) {
  const journal = system?.journal;
  const share = journal && journal.most_bytes > 0 ? journal.bytes / journal.most_bytes : 0;
  return (
    <Card
      title="Journal"
      about="What was answered and is not in the store yet. Nothing in it is lost when a process dies."
    >
      <Meter
        label="Journal"
        share={share}
        words={journal ? `${bytes(journal.bytes)} of ${bytes(journal.most_bytes)}, ${percent(share)}` : "…"}
        className="mb-3 w-full"
      />
      <Facts
        facts={[
          ["Segments", exact(journal?.segments)],
          ["Records dropped since the workers started", exact(journal?.dropped)],
          ["Records that lost their bodies", exact(journal?.dropped_bodies)],
          ...(journal?.drop_reason ? [["Why the last one was", journal.drop_reason] as const] : []),
          ["Control plane", system ? `process ${system.control.pid}, ${bytes(system.control.rss_bytes)}` : UNKNOWN],
        ]}
      />
    </Card>
  );
}

function DiskCard({ system }: { system: Looked | undefined }) {
  const disk = system?.disk;
  const used = disk ? disk.total_bytes - disk.free_bytes : 0;
  const share = disk && disk.total_bytes > 0 ? used / disk.total_bytes : 0;
  return (
    <Card title="Disk" about="The one that the data directory is on.">
      <Meter
        label="Disk"
        share={share}
        words={disk ? `${bytes(used)} of ${bytes(disk.total_bytes)} used, ${percent(share)}` : "…"}
        className="mb-3 w-full"
      />
      <Facts
        facts={[
          ["Free", bytes(disk?.free_bytes)],
          ["Stores on it", bytes(system?.stores.reduce((total, store) => total + store.bytes, 0))],
          ["Server started", system ? ago(system.started_at) : UNKNOWN],
        ]}
      />
    </Card>
  );
}

function versionsOf(system: Looked): [string, ReactNode][] {
  const others = Object.entries(system.versions).sort(([one], [other]) => one.localeCompare(other));
  return [["torana", system.version], ...others].map(([name, version]) => [String(name), version ?? "not there"]);
}

function featuresOf(system: Looked): [string, ReactNode][] {
  return Object.entries(system.features).map(([name, fact]) => {
    const words = factWords(name, fact);
    if (typeof words === "string") return [labelOf(name), words];
    return [
      labelOf(name),
      <Badge key={name} tone={words ? "good" : "plain"}>
        {words ? "on" : "off"}
      </Badge>,
    ];
  });
}
