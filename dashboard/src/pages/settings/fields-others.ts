/** Fields of Cloudflare's API that Torana keeps and gives back, and cannot switch on. */

import type { Group } from "@/pages/settings/gateway";

export const OTHERS: Group[] = [
  {
    id: "not-enforced",
    title: "Not enforced here",
    about:
      "Cloudflare's clients send these fields, so they are here too. Nothing acts on them, so the server refuses to switch them on: no setting is kept and then ignored.",
    fields: [
      {
        name: "guardrails",
        label: "Guardrails",
        about: "Hazard categories of prompts and answers to flag or block.",
        initial: null,
        kind: "own",
      },
      {
        name: "dlp",
        label: "Data loss prevention",
        about: "Profiles of data that must not pass.",
        initial: null,
        kind: "own",
      },
      {
        name: "zdr",
        label: "Zero data retention",
        about: "Is about keys that Cloudflare lends; there are none here.",
        initial: false,
        kind: "own",
      },
      {
        name: "workers_ai_billing_mode",
        label: "Billing of Workers AI",
        about: "Is about Cloudflare's bills; nothing is billed here.",
        initial: "postpaid",
        kind: "own",
      },
      {
        name: "stripe",
        label: "Stripe",
        about: "Usage events for Stripe's meters.",
        initial: null,
        kind: "own",
      },
      {
        name: "log_classification",
        label: "Classification of logs",
        about: "Sorting of logs by what they are about.",
        initial: false,
        kind: "own",
      },
    ],
  },
];
