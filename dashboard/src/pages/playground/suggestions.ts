/** Models to choose from, as the playground asks for them. */

import { compatName, hasChat, type Model } from "@/pages/models/data";
import { FIRST_MODEL } from "@/pages/playground/bench";

export interface Suggestion {
  /** `provider/model`. */
  value: string;
  name: string;
  host: string;
  isReached: boolean;
  /** USD for 1,000,000 tokens. */
  input: number;
  output: number;
  supported: readonly string[];
  takesPictures: boolean;
}

/** Each place once; what needs no key first, then what keys are there for, then the rest. */
export function suggestionsOf(models: readonly Model[]): Suggestion[] {
  const found = new Map<string, Suggestion>();
  for (const model of models) {
    if (!hasChat(model) || model.alias_of) continue;
    for (const place of model.endpoints) {
      const value = compatName(place);
      if (found.has(value)) continue;
      found.set(value, {
        value,
        name: model.name,
        host: place.host,
        isReached: place.is_reached,
        input: model.input,
        output: model.output,
        supported: model.supported_parameters,
        takesPictures: model.input_modalities.includes("image"),
      });
    }
  }
  return [...found.values()].sort((one, other) => rank(one) - rank(other));
}

const rank = (one: Suggestion): number => (one.value === FIRST_MODEL ? 0 : one.isReached ? 1 : 2);

/**
 * All words must be there, in any order; those at the beginnings of words count for more ("op" is Opus before it is
 * Anthropic). A name that is typed whole hides nothing: others may be chosen then.
 */
export function matching(all: readonly Suggestion[], text: string, most: number): Suggestion[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length || all.some((one) => one.value === text)) return all.slice(0, most);
  const found: [Suggestion, number][] = [];
  for (const one of all) {
    const where = ` ${one.value} ${one.name} ${one.host}`.toLowerCase().replace(/[/_.:@-]/g, " ");
    const plain = ` ${one.value} ${one.name} ${one.host}`.toLowerCase();
    if (!words.every((word) => plain.includes(word))) continue;
    const within = words.filter((word) => !plain.includes(` ${word}`) && !where.includes(` ${word}`)).length;
    found.push([one, within]);
  }
  return found
    .sort((one, other) => one[1] - other[1])
    .slice(0, most)
    .map(([one]) => one);
}
