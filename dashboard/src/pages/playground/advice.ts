/** What to do about an answer that failed. */

import type { AnswerProblem } from "@/pages/playground/answer";

export interface Advice {
  text: string;
  /** Within the dashboard. */
  to?: string;
  link?: string;
}

const NO_PROVIDER = new Set(["2008", "2019"]);
const LIMITED = new Set(["2003", "2041"]);
const NOT_REACHED = "2005";

export function adviceOf(problem: AnswerProblem, model: string, gateway: string): Advice | null {
  const provider = model.split("/")[0] ?? "";
  const base = `/gateways/${encodeURIComponent(gateway)}`;
  const { status, code } = problem;
  if (provider === "local" && status === 503) return { text: "Get the embedded model with `torana local pull`." };
  if ((status === 401 || status === 403) && problem.isKeyless) {
    return {
      text: `No key of ${provider} is stored for the gateway ${gateway}.`,
      to: `${base}/providers`,
      link: "Store one",
    };
  }
  if (status === 401 || status === 403) {
    return {
      text: `If the stored key of ${provider} is not good any more, put another in its place.`,
      to: `${base}/providers`,
      link: "Providers and keys",
    };
  }
  if (code !== null && LIMITED.has(code)) {
    return { text: "A limit of the gateway stopped it.", to: `${base}/limits`, link: "Limits and spend" };
  }
  if (code !== null && NO_PROVIDER.has(code)) {
    return { text: "A model is written provider/model, such as openai/gpt-5-mini.", to: "/models", link: "Models" };
  }
  if (status === 429) return { text: "The provider asks for some patience: try again in a while." };
  if (status === 404) return { text: "The provider may call the model something else.", to: "/models", link: "Models" };
  if (code === NOT_REACHED)
    return { text: "The gateway cannot reach the provider: look at its network, or try again." };
  if (code === "stream_cut" || status === 0) return { text: "Whatever had come of it stands above. Try again." };
  if (status === 400) return { text: "The provider refuses a part of the request: its words say which." };
  return status >= 500 ? { text: "Try again; if it stays so, the log tells more." } : null;
}
