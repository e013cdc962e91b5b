/** What nobody sets. */

import { moment } from "@/lib/format";
import { FACTS } from "@/pages/settings/fields";
import { useForm } from "@/pages/settings/form";
import { CopyButton } from "@/ui/copy-button";

export function Facts() {
  const { base } = useForm();
  return (
    <section
      id="about"
      aria-labelledby="about-title"
      className="scroll-mt-16 rounded-lg border border-kumo-line bg-kumo-base lg:scroll-mt-5"
    >
      <h2 id="about-title" className="m-0 px-4 pt-3.5 pb-3 text-base font-semibold">
        About this gateway
      </h2>
      <dl className="m-0">
        {FACTS.map(([name, label]) => {
          const value = base[name];
          const text = typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
          return (
            <div
              key={name}
              data-field={name}
              className="grid min-h-11 items-center gap-x-8 border-t border-kumo-hairline px-4 py-2 sm:grid-cols-[11rem_minmax(0,1fr)]"
            >
              <dt className="text-sm text-kumo-subtle">{label}</dt>
              <dd className="tabular m-0 flex items-center justify-between gap-2 text-sm break-all">
                {name.endsWith("_at") ? moment(text) : text}
                {(name === "id" || name === "account_id") && <CopyButton text={text} />}
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
