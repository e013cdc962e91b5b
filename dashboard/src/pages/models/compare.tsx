/** Up to four models side by side. */

import { useQueries } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useSession } from "@/api/session";
import { count, day, UNKNOWN } from "@/lib/format";
import { compatName, foremostPlace, hasChat, type ModelDetail, modelQuery } from "@/pages/models/data";
import { context, rate, speed, uptime, wait } from "@/pages/models/shown";
import { LinkButton } from "@/ui/link-button";
import { Loading } from "@/ui/loading";
import { Modal } from "@/ui/modal";
import { Problem } from "@/ui/problem";

interface CompareProps {
  ids: readonly string[];
  gateway: string;
  onClose: () => void;
}

interface Line {
  label: string;
  show: (model: ModelDetail) => ReactNode;
  /** The best of a line stands out. */
  figure?: (model: ModelDetail) => number | null | undefined;
  isMostBest?: boolean;
}

const most = (values: (number | null)[]): number | null =>
  values.reduce((one, other) => (other !== null && (one === null || other > one) ? other : one), null);
const cached = (model: ModelDetail) => cheapest(model)?.price.cache_read ?? null;
const answer = (model: ModelDetail) => most(model.endpoints.map((one) => one.max_completion_tokens));
const cheapest = (model: ModelDetail) => model.endpoints.find((one) => one.price.input === model.input);

const LINES: Line[] = [
  { label: "Input /M", show: (one) => rate(one.input), figure: (one) => one.input },
  { label: "Input, cached /M", show: (one) => rate(cached(one)), figure: cached },
  { label: "Output /M", show: (one) => rate(one.output), figure: (one) => one.output },
  {
    label: "Context",
    show: (one) => context(one.context_length),
    figure: (one) => one.context_length,
    isMostBest: true,
  },
  { label: "Longest answer", show: (one) => context(answer(one)), figure: answer, isMostBest: true },
  { label: "First token, p50", show: (one) => wait(one.latency_p50), figure: (one) => one.latency_p50 },
  {
    label: "Speed, p50",
    show: (one) => speed(one.throughput_p50),
    figure: (one) => one.throughput_p50,
    isMostBest: true,
  },
  { label: "Uptime, 24 h", show: (one) => uptime(one.uptime_1d), figure: (one) => one.uptime_1d, isMostBest: true },
  { label: "Asked here, 24 h", show: (one) => count(one.requests_1d) },
  { label: "Takes", show: (one) => one.input_modalities.join(", ") },
  { label: "Gives", show: (one) => one.output_modalities.join(", ") },
  { label: "Tools", show: has("tools") },
  { label: "Structured outputs", show: has("structured_outputs") },
  { label: "Reasoning", show: has("reasoning") },
  { label: "Providers", show: (one) => [...new Set(one.endpoints.map((place) => place.host))].join(", ") },
  { label: "Since", show: (one) => day(one.created_at) },
  { label: "Knows up to", show: (one) => one.knowledge_cutoff ?? UNKNOWN },
];

function has(name: string): (model: ModelDetail) => string {
  return (model) => (model.supported_parameters.includes(name) ? "yes" : "no");
}

export function Compare({ ids, gateway, onClose }: CompareProps) {
  const { account_id } = useSession();
  const found = useQueries({ queries: ids.map((id) => modelQuery(account_id, gateway, id)) });
  const failed = found.find((one) => one.error);
  const models = found.flatMap((one) => (one.data ? [one.data.result] : []));
  return (
    <Modal title="Compared" about="The best of each line stands out." size="xl" onClose={onClose}>
      {failed ? (
        <Problem error={failed.error} onRetry={() => failed.refetch()} />
      ) : models.length < ids.length ? (
        <Loading />
      ) : (
        <Beside models={models} gateway={gateway} />
      )}
    </Modal>
  );
}

function Beside({ models, gateway }: { models: ModelDetail[]; gateway: string }) {
  const asked = models.filter(hasChat).flatMap((one) => {
    const place = foremostPlace(one.endpoints);
    return place ? [compatName(place)] : [];
  });
  const query = new URLSearchParams({ gateway, models: asked.join(",") });
  return (
    <div className="flex flex-col gap-4">
      <section
        aria-label="Models side by side"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        className="overflow-x-auto"
      >
        <table className="tabular w-full border-collapse text-sm" style={{ minWidth: `${7 + 6.5 * models.length}rem` }}>
          <thead>
            <tr>
              <td />
              {models.map((model) => (
                <th key={model.id} scope="col" className="px-2 pb-2 text-left align-bottom font-medium">
                  {model.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {LINES.map((line) => {
              const best = bestOf(line, models);
              return (
                <tr key={line.label} className="border-t border-kumo-hairline">
                  <th
                    scope="row"
                    className="py-1.5 pr-3 text-left align-top text-xs font-normal whitespace-nowrap text-kumo-subtle"
                  >
                    {line.label}
                  </th>
                  {models.map((model) => (
                    <td
                      key={model.id}
                      className={`px-2 py-1.5 align-top ${best === model ? "font-semibold text-kumo-success" : ""}`}
                    >
                      {line.show(model)}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {asked.length > 0 && (
        <span className="self-start">
          <LinkButton to={`/playground?${query}`} variant="primary">
            Ask them in the playground
          </LinkButton>
        </span>
      )}
    </div>
  );
}

/** None where two are as good, or where one is not known. */
function bestOf(line: Line, models: ModelDetail[]): ModelDetail | null {
  const { figure } = line;
  if (!figure) return null;
  const values = models.map((one) => figure(one) ?? null);
  const known = values.filter((value) => value !== null);
  const best = line.isMostBest ? Math.max(...known) : Math.min(...known);
  const places = values.flatMap((value, at) => (value === best ? [at] : []));
  return known.length > 1 && places.length === 1 ? (models[places[0] ?? 0] ?? null) : null;
}
