/** Whom to call, with which model, and with whose key. */

import { Link } from "react-router";
import { useTyped } from "@/lib/typed";
import { ROUTER, TARGETS } from "@/pages/start/snippets/targets";
import type { Ask } from "@/pages/start/snippets/way";
import type { AskChange } from "@/pages/start/use-ask";
import { useGateway } from "@/shell/gateway";
import { Choice } from "@/ui/choice";
import { Entry } from "@/ui/entry";

const WHOM = TARGETS.map(({ id, label }) => [id, label] as const);

interface AskChoicesProps {
  ask: Ask;
  /** The provider whose stored key is missing. */
  lacking: string | null;
  onChange: (change: AskChange) => void;
}

export function AskChoices({ ask, lacking, onChange }: AskChoicesProps) {
  const { gateway } = useGateway();
  const isRouter = ask.target.id === ROUTER;
  const [model, type, leave] = useTyped(ask.model);
  return (
    <div className="grid gap-3 sm:grid-cols-2 2xl:grid-cols-4">
      <Choice
        label="Whom to call"
        isLabelled
        value={ask.target.id}
        options={WHOM}
        onChange={(target) => onChange({ target })}
        className="w-full"
      />
      <Entry
        label="Model"
        isLabelled
        isMono
        value={model}
        onChange={(next) => {
          type(next);
          onChange({ model: next.trim() });
        }}
        onBlur={leave}
      />
      {!isRouter && ask.target.env !== null && (
        <Choice
          label="The provider's key"
          isLabelled
          value={ask.keys}
          options={[
            ["own", "Comes with each request"],
            ["stored", "Is stored here"],
          ]}
          onChange={(keys) => onChange({ keys })}
          className="w-full"
        />
      )}
      {!isRouter && (
        <Choice
          label="The gateway's authentication"
          isLabelled
          value={ask.isLocked ? "on" : "off"}
          options={[
            ["off", "Off: whoever reaches it may call"],
            ["on", "On: callers need a token"],
          ]}
          onChange={(auth) => onChange({ isLocked: auth === "on" })}
          className="w-full"
        />
      )}
      {lacking && (
        <p className="col-span-full m-0 text-sm text-kumo-subtle" role="status">
          {`No key of ${lacking} is stored that would be used: `}
          <Link
            className="text-kumo-link underline"
            to={`/gateways/${encodeURIComponent(gateway)}/providers?add=${encodeURIComponent(lacking)}`}
          >
            store one
          </Link>
        </p>
      )}
    </div>
  );
}
