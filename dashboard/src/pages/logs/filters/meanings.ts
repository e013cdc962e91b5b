/** What words in the search may mean, the likeliest first. */

import type { Filter } from "@/pages/logs/filters/keys";

export interface Meaning {
  label: string;
  /** null = text within the metadata, which is `search`. */
  filter: Filter | null;
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const STATUS = /^[1-5](xx|\d\d)$/i;

export function meaningsOf(text: string): Meaning[] {
  const plain = text.trim();
  if (plain === "") return [];
  const within = (key: string): Filter => ({ key, operator: "contains", value: [plain] });
  const words: Meaning[] = [
    { label: "Metadata contains", filter: null },
    { label: "Model contains", filter: within("model") },
    { label: "Provider contains", filter: within("provider") },
    { label: "Error contains", filter: within("error") },
    { label: "User agent contains", filter: within("user_agent") },
    { label: "Event id is", filter: { key: "event_id", operator: "eq", value: [plain] } },
  ];
  if (ID.test(plain)) {
    const id = plain.toLowerCase();
    return [
      { label: "Log id is", filter: { key: "id", operator: "eq", value: [id] } },
      { label: "Event id is", filter: { key: "event_id", operator: "eq", value: [plain] } },
      { label: "Metadata contains", filter: null },
    ];
  }
  if (STATUS.test(plain)) {
    return [{ label: "Status is", filter: { key: "status", operator: "eq", value: [plain.toLowerCase()] } }, ...words];
  }
  return words;
}
