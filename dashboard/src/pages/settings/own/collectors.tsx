/** Collectors of traces: address, encoding, a secret for `authorization`, and headers. */

import { useForm } from "@/pages/settings/form";
import type { OtelTarget } from "@/pages/settings/gateway";
import { Items } from "@/pages/settings/own/items";
import { Pairs } from "@/pages/settings/own/pairs";
import { Choice } from "@/ui/choice";
import { Entry } from "@/ui/entry";

const MOST = 10;

export function Collectors() {
  const { draft, problems, isReadOnly, set } = useForm();
  return (
    <Items
      noun="collector"
      items={draft.otel ?? []}
      most={MOST}
      isReadOnly={isReadOnly}
      made={(): OtelTarget => ({ url: "", headers: {}, authorization: null, content_type: "protobuf" })}
      onChange={(targets) => set("otel", targets.length ? targets : null)}
    >
      {(target, at, change) => (
        <Collector
          target={target}
          isReadOnly={isReadOnly}
          problem={(name) => problems.get(`otel.${at}.${name}`)}
          onChange={change}
        />
      )}
    </Items>
  );
}

interface CollectorProps {
  target: OtelTarget;
  isReadOnly: boolean;
  problem: (name: string) => string | undefined;
  onChange: (target: OtelTarget) => void;
}

function Collector({ target, isReadOnly, problem, onChange }: CollectorProps) {
  const change = (changes: Partial<OtelTarget>) => onChange({ ...target, ...changes });
  return (
    <div className="flex flex-col gap-3">
      <div className="grid gap-3 sm:grid-cols-[minmax(0,1fr)_8rem] xl:grid-cols-[minmax(0,1fr)_8rem_16rem]">
        <Entry
          label="Address"
          isLabelled
          value={target.url}
          onChange={(url) => change({ url: url.trim() })}
          placeholder="https://collector.example.com/v1/traces"
          error={problem("url")}
          isDisabled={isReadOnly}
        />
        <Choice
          label="Encoding"
          isLabelled
          value={target.content_type}
          options={[
            ["protobuf", "Protobuf"],
            ["json", "JSON"],
          ]}
          onChange={(content_type) => change({ content_type })}
          isDisabled={isReadOnly}
          className="w-full"
        />
        <Entry
          label="Secret for authorization"
          isLabelled
          before="TORANA_SECRET_"
          value={target.authorization ?? ""}
          onChange={(name) => change({ authorization: name.trim().toUpperCase() || null })}
          placeholder="NAME"
          error={problem("authorization")}
          isDisabled={isReadOnly}
        />
      </div>
      <Pairs
        label="Headers"
        noun="header"
        about="In a value, ${secret:NAME} stands for the server's variable TORANA_SECRET_NAME, so that no key need be kept here."
        pairs={target.headers}
        onChange={(headers) => change({ headers })}
        error={problem("headers")}
        isReadOnly={isReadOnly}
      />
    </div>
  );
}
