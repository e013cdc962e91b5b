/** What was granted, what is used of it, and how there comes more. */

import { usd } from "@/lib/format";
import { useCredits } from "@/pages/keys/api";
import { Card } from "@/ui/card";
import { Code } from "@/ui/code";
import { Meter } from "@/ui/meter";
import { Problem } from "@/ui/problem";
import { Stat, Stats } from "@/ui/stat";

export function CreditsCard() {
  const credits = useCredits();
  if (credits.isError) return <Problem error={credits.error} onRetry={() => credits.refetch()} />;
  const found = credits.data;
  const isLimited = found !== undefined && found.total_credits > 0;
  const left = found && found.total_credits - found.total_usage;
  return (
    <div className="grid items-stretch gap-3 lg:grid-cols-[2fr_1fr]">
      <div className="flex flex-col gap-3">
        <Stats>
          <Stat
            label="Credits left"
            value={found && (isLimited ? usd(left) : "No limit")}
            tone={isLimited && (left ?? 0) <= 0 ? "bad" : "plain"}
            note={found && noteOf(isLimited, left ?? 0)}
          />
          <Stat label="Added in all" value={found && usd(found.total_credits)} note="by whoever runs the server" />
          <Stat label="Used in all" value={found && usd(found.total_usage)} note="with all keys of the router" />
        </Stats>
        {isLimited && (
          <Card>
            <Meter
              label="Credits used"
              share={found.total_usage / found.total_credits}
              words={`${usd(found.total_usage)} of ${usd(found.total_credits)} used`}
              className="w-full pt-2"
            />
          </Card>
        )}
      </div>
      <Card title="Add credits" about="In the terminal of the server: no API does, as nobody is charged for them.">
        <Code label="Command that adds credits" text="torana credits add 25" />
        <p className="m-0 mt-2 text-xs leading-normal text-kumo-subtle">
          USD. From the first time on, nobody may use more than was added. <code>torana credits ledger</code> lists what
          was added and used.
        </p>
      </Card>
    </div>
  );
}

function noteOf(isLimited: boolean, left: number): string {
  if (!isLimited) return "none were ever added, so nobody is held back";
  return left > 0 ? "for all keys together" : "the router refuses requests with 402";
}
