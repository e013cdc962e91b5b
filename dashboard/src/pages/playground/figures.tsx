/** What an answer cost and how quick it was; where several stand beside each other, which was best at it. */

import { count, duration, UNKNOWN, usd } from "@/lib/format";
import { type Answer, tokensPerSecond } from "@/pages/playground/answer";

export type Measure = "cost" | "first" | "total" | "speed";

interface Figure {
  label: string;
  value: string;
  title: string;
  measure?: Measure;
}

export function Figures({ answer, best }: { answer: Answer; best: readonly Measure[] }) {
  return (
    <dl className="tabular m-0 flex flex-wrap gap-x-4 gap-y-1.5 text-xs">
      {figuresOf(answer).map((one) => {
        const isBest = one.measure !== undefined && best.includes(one.measure);
        return (
          <div key={one.label} title={one.title}>
            <dt className="text-kumo-subtle">{one.label}</dt>
            <dd className={`m-0 ${isBest ? "font-semibold text-kumo-success" : ""}`}>
              {one.value}
              {isBest && <span className="font-normal"> best</span>}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function figuresOf(answer: Answer): Figure[] {
  const { usage, firstMs, totalMs } = answer;
  const speed = tokensPerSecond(answer);
  const more = [
    usage?.cachedInput ? `${count(usage.cachedInput)} of the input from the provider's cache` : "",
    usage?.reasoning ? `${count(usage.reasoning)} of the output for reasoning` : "",
  ].filter(Boolean);
  return [
    { label: "Cost", value: costOf(answer), title: costTitle(answer), measure: "cost" },
    {
      label: "Tokens",
      value: usage ? `${count(usage.input)} in, ${count(usage.output)} out` : pending(answer),
      title: more.join("; ") || "As the provider counted them",
    },
    {
      label: "First token",
      value: firstMs === null ? pending(answer) : duration(firstMs),
      title: "From the request to the first piece of the answer, as this browser saw it",
      measure: "first",
    },
    {
      label: "Speed",
      value: speed === null ? pending(answer) : `${speed < 10 ? speed.toFixed(1) : count(Math.round(speed))} tok/s`,
      title: "Tokens of the answer a second, after the first one",
      measure: "speed",
    },
    {
      label: "Total",
      value: totalMs === null ? pending(answer) : duration(totalMs),
      title: "From the request to the end of the answer, as this browser saw it",
      measure: "total",
    },
  ];
}

const pending = (answer: Answer): string => (answer.state === "running" ? "…" : UNKNOWN);

function costOf(answer: Answer): string {
  if (answer.cost === undefined) return answer.logId || answer.state === "running" ? "…" : UNKNOWN;
  return usd(answer.cost);
}

function costTitle(answer: Answer): string {
  if (answer.cost === null) return answer.logId ? "No price is known for this model" : "The gateway keeps no logs";
  return answer.cost === undefined ? "Comes with the log" : "As the log of the gateway has it";
}

const MEASURES: [Measure, (answer: Answer) => number | null | undefined][] = [
  ["cost", (answer) => answer.cost],
  ["first", (answer) => answer.firstMs],
  ["total", (answer) => answer.totalMs],
  ["speed", (answer) => negated(tokensPerSecond(answer))],
];

/** By answer, what it was best at of all that are whole; nothing where there is nothing to compare. */
export function bestOf(answers: readonly (Answer | null)[]): Measure[][] {
  const found: Measure[][] = answers.map(() => []);
  if (answers.some((one) => one?.state === "running")) return found;
  for (const [measure, figureOf] of MEASURES) {
    const values = answers.map((one) => (one?.state === "done" ? (figureOf(one) ?? null) : null));
    const known = values.filter((value) => value !== null);
    const least = Math.min(...known);
    const places = values.flatMap((value, place) => (value === least ? [place] : []));
    if (known.length > 1 && places.length === 1) found[places[0] ?? 0]?.push(measure);
  }
  return found;
}

const negated = (value: number | null): number | null => (value === null ? null : -value);
