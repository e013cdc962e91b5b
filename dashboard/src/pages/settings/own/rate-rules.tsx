/** Rate limits besides the gateway's own. */

import { TECHNIQUES } from "@/pages/settings/fields-limits";
import { useForm } from "@/pages/settings/form";
import type { RateRule } from "@/pages/settings/gateway";
import { Items } from "@/pages/settings/own/items";
import { Choice } from "@/ui/choice";
import { Entry } from "@/ui/entry";
import { NumberEntry, SecondsEntry } from "@/ui/number-entry";

const METADATA = "metadata.";
const MOST = 20;
const KINDS = [
  ["gateway", "The whole gateway"],
  ["token", "Each API token"],
  ["provider", "Each provider"],
  ["model", "Each model"],
  [METADATA, "Each value of a metadata key"],
] as const;

export function RateRules() {
  const { draft, problems, isReadOnly, set } = useForm();
  return (
    <Items
      noun="rate limit"
      items={draft.rate_limits}
      most={MOST}
      isReadOnly={isReadOnly}
      made={(): RateRule => ({ limit: 100, interval: 60, technique: "sliding", by: "token" })}
      onChange={(rules) => set("rate_limits", rules)}
    >
      {(rule, at, change) => (
        <Rule
          rule={rule}
          isReadOnly={isReadOnly}
          problem={(name) => problems.get(`rate_limits.${at}.${name}`)}
          onChange={change}
        />
      )}
    </Items>
  );
}

interface RuleProps {
  rule: RateRule;
  isReadOnly: boolean;
  problem: (name: string) => string | undefined;
  onChange: (rule: RateRule) => void;
}

function Rule({ rule, isReadOnly, problem, onChange }: RuleProps) {
  const isMetadata = rule.by.startsWith(METADATA);
  const change = (changes: Partial<RateRule>) => onChange({ ...rule, ...changes });
  return (
    <div className="grid gap-3 sm:grid-cols-2 xl:grid-cols-[9rem_minmax(0,1fr)_minmax(0,1fr)_10rem]">
      <NumberEntry
        label="Requests"
        isLabelled
        value={rule.limit}
        onChange={(limit) => change({ limit: limit ?? Number.NaN })}
        error={problem("limit")}
        isDisabled={isReadOnly}
      />
      <SecondsEntry
        label="In any"
        isLabelled
        value={rule.interval}
        onChange={(interval) => change({ interval: interval ?? Number.NaN })}
        error={problem("interval")}
        isDisabled={isReadOnly}
      />
      <div className="flex flex-col gap-2">
        <Choice
          label="Of"
          isLabelled
          value={isMetadata ? METADATA : rule.by}
          options={KINDS}
          onChange={(by) => change({ by })}
          isDisabled={isReadOnly}
          className="w-full"
        />
        {isMetadata && (
          <Entry
            label="Metadata key"
            value={rule.by.slice(METADATA.length)}
            onChange={(key) => change({ by: METADATA + key })}
            placeholder="Key, such as team"
            error={problem("by")}
            isDisabled={isReadOnly}
          />
        )}
      </div>
      <Choice
        label="How it counts"
        isLabelled
        value={rule.technique}
        options={TECHNIQUES}
        onChange={(technique) => change({ technique: technique as RateRule["technique"] })}
        isDisabled={isReadOnly}
        className="w-full"
      />
    </div>
  );
}
