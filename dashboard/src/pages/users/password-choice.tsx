/** A password for somebody else: drawn by lot and shown once, or typed. */

import { useState } from "react";
import { drawPassword } from "@/lib/passwords";
import { faultOf, NewPassword, NO_PASSWORD } from "@/ui/new-password";
import { SelectField } from "@/ui/select-field";

type Way = "drawn" | "typed" | "none";

export interface Chosen {
  /** Undefined = they get none. */
  password: string | undefined;
  isDrawn: boolean;
}

const WAYS: readonly (readonly [Way, string])[] = [
  ["drawn", "Draw one, and show it once"],
  ["typed", "Type one"],
];
const NONE: readonly [Way, string] = ["none", "None for now"];

/** `take` throws what is wrong with what was typed. */
export function usePasswordChoice(names: readonly string[], mayBeNone: boolean) {
  const [way, setWay] = useState<Way>("drawn");
  const [typed, setTyped] = useState(NO_PASSWORD);
  const take = (): Chosen => {
    if (way === "none") return { password: undefined, isDrawn: false };
    if (way === "drawn") return { password: drawPassword(), isDrawn: true };
    const fault = faultOf(typed, names);
    if (fault) throw new Error(fault);
    return { password: typed.text, isDrawn: false };
  };
  const fields = (
    <>
      <SelectField
        label="Password"
        value={way}
        options={mayBeNone ? [...WAYS, NONE] : WAYS}
        onChange={(next) => setWay(next)}
      />
      {way === "typed" && <NewPassword value={typed} onChange={setTyped} names={names} />}
      {way === "none" && (
        <p className="m-0 text-sm text-kumo-subtle">
          They come in by a link that <code>torana dashboard --user NAME</code> prints, until they have a password.
        </p>
      )}
    </>
  );
  return { fields, take };
}
