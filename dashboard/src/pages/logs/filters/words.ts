/** A filter in words, as its chip shows it. */

import { duration, usd } from "@/lib/format";
import { type Filter, keyOf, operatorsOf, type Value } from "@/pages/logs/filters/keys";

const SHOWN = 3;

export function inWords(filter: Filter): string {
  const { label, kind } = keyOf(filter.key);
  if (kind === "boolean") return filter.value[0] === false ? `Not ${lowered(label)}` : label;
  if (kind === "number" && filter.value[0] === null) {
    return `${label} ${filter.operator === "neq" ? "is known" : "is unknown"}`;
  }
  const word = operatorsOf(filter.key).find(([operator]) => operator === filter.operator)?.[1] ?? filter.operator;
  const values = filter.value.slice(0, SHOWN).map((value) => shown(filter.key, value));
  const more = filter.value.length - values.length;
  return `${label} ${word} ${values.join(" or ")}${more > 0 ? ` or ${more} more` : ""}`;
}

const lowered = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

function shown(key: string, value: Value): string {
  if (value === null || value === "") return "nothing";
  if (key === "cost") return usd(Number(value));
  if (key === "duration") return duration(Number(value));
  if (key === "feedback") return value === 1 ? "👍" : value === -1 ? "👎" : String(value);
  return String(value);
}
