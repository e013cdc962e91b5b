/** Spend limits: the switch for all of them, and each with what it counts. */

import { ToggleEntry } from "@/pages/settings/control";
import { TECHNIQUES } from "@/pages/settings/fields-limits";
import { useForm } from "@/pages/settings/form";
import type { SpendLimits, SpendRule } from "@/pages/settings/gateway";
import { Items } from "@/pages/settings/own/items";
import { MetadataScopes, ScopeChoice } from "@/pages/settings/own/scopes";
import { Choice } from "@/ui/choice";
import { Entry } from "@/ui/entry";
import { NumberEntry, SecondsEntry } from "@/ui/number-entry";

const MOST = 20;
const MONTH_S = 30 * 86_400;
const NONE: SpendLimits = { enabled: false, rules: [] };

export function SpendRules() {
  const { draft, problems, isReadOnly, set } = useForm();
  const now = draft.spend_limits ?? NONE;
  const change = (changes: Partial<SpendLimits>) => set("spend_limits", { ...now, ...changes });
  return (
    <div className="flex flex-col gap-3">
      <ToggleEntry
        label="Hold to these limits"
        isOn={now.enabled}
        onChange={(enabled) => change({ enabled })}
        isDisabled={isReadOnly}
      />
      <Items
        noun="spend limit"
        items={now.rules}
        most={MOST}
        isReadOnly={isReadOnly}
        made={newRule}
        // The first limit is made to be held to.
        onChange={(rules) => change({ rules, enabled: now.enabled || (now.rules.length === 0 && rules.length > 0) })}
      >
        {(rule, at, put) => (
          <Rule
            rule={rule}
            isReadOnly={isReadOnly}
            problem={(name) => problems.get(`spend_limits.rules.${at}.${name}`)}
            onChange={put}
          />
        )}
      </Items>
    </div>
  );
}

const newRule = (): SpendRule => ({
  limit: 50,
  limitType: "cost",
  window: MONTH_S,
  id: null,
  enabled: true,
  technique: "sliding",
  model: null,
  provider: null,
  metadata: null,
});

interface RuleProps {
  rule: SpendRule;
  isReadOnly: boolean;
  problem: (name: string) => string | undefined;
  onChange: (rule: SpendRule) => void;
}

function Rule({ rule, isReadOnly, problem, onChange }: RuleProps) {
  const change = (changes: Partial<SpendRule>) => onChange({ ...rule, ...changes });
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-3 sm:grid-cols-2 xl:grid-cols-[8rem_minmax(0,1fr)_10rem_minmax(0,12rem)_6rem]">
        <NumberEntry
          label="At most"
          isLabelled
          before="$"
          value={rule.limit}
          onChange={(limit) => change({ limit: limit ?? Number.NaN })}
          error={problem("limit")}
          isDisabled={isReadOnly}
        />
        <SecondsEntry
          label="In"
          isLabelled
          value={rule.window}
          onChange={(window) => change({ window: window ?? Number.NaN })}
          error={problem("window")}
          isDisabled={isReadOnly}
        />
        <Choice
          label="How it counts"
          isLabelled
          value={rule.technique}
          options={TECHNIQUES}
          onChange={(technique) => change({ technique: technique as SpendRule["technique"] })}
          isDisabled={isReadOnly}
          className="w-full"
        />
        <Entry
          label="Name"
          isLabelled
          value={rule.id ?? ""}
          onChange={(name) => change({ id: name || null })}
          placeholder="made for you"
          error={problem("id")}
          isDisabled={isReadOnly}
        />
        <ToggleEntry
          label="Holds"
          isOn={rule.enabled}
          onChange={(enabled) => change({ enabled })}
          isDisabled={isReadOnly}
        />
      </div>
      <fieldset className="m-0 grid min-w-0 gap-3 border-0 p-0 lg:grid-cols-3">
        <legend className="mb-1 p-0 text-xs font-medium text-kumo-subtle">What it counts</legend>
        <ScopeChoice
          label="Models"
          each="Each model by itself"
          placeholder="gpt-4o or openai/gpt-4o, Enter"
          scope={rule.model}
          onChange={(model) => change({ model })}
          error={problem("model")}
          isReadOnly={isReadOnly}
        />
        <ScopeChoice
          label="Providers"
          each="Each provider by itself"
          placeholder="openai, Enter"
          scope={rule.provider}
          onChange={(provider) => change({ provider })}
          error={problem("provider")}
          isReadOnly={isReadOnly}
        />
        <MetadataScopes
          scopes={rule.metadata}
          onChange={(metadata) => change({ metadata })}
          problem={(key) => problem(`metadata.${key}`)}
          isReadOnly={isReadOnly}
        />
      </fieldset>
    </div>
  );
}
