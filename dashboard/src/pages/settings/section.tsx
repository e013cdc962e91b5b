/** The settings of one matter. */

import type { Group } from "@/pages/settings/gateway";
import { LogpushJobs } from "@/pages/settings/logpush/jobs";
import { SettingRow } from "@/pages/settings/setting-row";

export function Section({ group }: { group: Group }) {
  return (
    <section
      id={group.id}
      aria-labelledby={`${group.id}-title`}
      className="scroll-mt-16 rounded-lg border border-kumo-line bg-kumo-base lg:scroll-mt-5"
    >
      <div className="px-4 pt-3.5 pb-3">
        <h2 id={`${group.id}-title`} className="m-0 text-base font-semibold">
          {group.title}
        </h2>
        <p className="m-0 mt-0.5 max-w-3xl text-sm text-kumo-subtle">{group.about}</p>
      </div>
      {group.fields.map((field) => (
        <SettingRow key={field.name} field={field} />
      ))}
      {group.id === "logpush" && <LogpushJobs />}
    </section>
  );
}
