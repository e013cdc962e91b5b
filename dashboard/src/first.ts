/** What the first page will ask for, asked for while its code and the libraries are still on their way. */

import { askEarly } from "@/api/early";
import type { Session } from "@/api/session";
import { spanAt } from "@/lib/time-range";
import { questionsOf } from "@/pages/overview/questions";

const HOME = /^\/dashboard\/?$/;
const GATEWAYS = "gateways?per_page=100";

export const isLogin = ({ pathname }: Location) => /^\/dashboard\/login/.test(pathname);

/** Done when all is asked, not answered. Whatever goes wrong is met again, and told, by who needs the answer. */
export async function askFirst(location: Location): Promise<void> {
  if (isLogin(location)) return;
  const answer = await askEarly("GET", "/client/v4/session");
  if (!answer.ok) return;
  const { account_id } = ((await answer.json()) as { result: Session }).result;
  const base = `/client/v4/accounts/${account_id}/ai-gateway`;
  const asked: Parameters<typeof askEarly>[] = [["GET", `${base}/${GATEWAYS}`]];
  if (HOME.test(location.pathname)) {
    const questions = Object.values(questionsOf(spanAt(new URLSearchParams(location.search), Date.now())));
    asked.push(...questions.map((question): Parameters<typeof askEarly> => ["POST", `${base}/analytics`, question]));
  }
  for (const call of asked) askEarly(...call).catch(() => undefined);
}
