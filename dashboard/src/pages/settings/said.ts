/** A setting's value in words. */

import { count, duration } from "@/lib/format";
import type { Field } from "@/pages/settings/gateway";

const LONGEST = 60;

export function said(field: Field, value: unknown): string {
  if (field.kind === "switch") return value ? "on" : "off";
  if (value === null || value === undefined) return ("none" in field && field.none) || "none";
  if (field.kind === "choice") return field.options.find(([name]) => name === value)?.[1] ?? String(value);
  if (typeof value === "number" && (field.kind === "seconds" || field.kind === "whole")) {
    if (Number.isNaN(value)) return "not a number";
    if (value === 0 && field.none) return `0, ${field.none}`;
    return field.kind === "seconds" ? duration(value * 1000) : `${count(value)} ${field.unit}`;
  }
  if (Array.isArray(value) && value.length === 0) return "none";
  if (typeof value === "boolean") return value ? "on" : "off";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
