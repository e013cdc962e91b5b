/** What the parts of the settings share: the gateway as it is, as it would be, and what is wrong with that. */

import { createContext, useContext } from "react";
import type { Changes, Gateway, Setting } from "@/pages/settings/gateway";
import type { Problems } from "@/pages/settings/problems";

export interface Form {
  base: Gateway;
  draft: Gateway;
  changes: Changes;
  problems: Problems;
  hints: ReadonlyMap<string, string>;
  isReadOnly: boolean;
  set: <Name extends Setting>(name: Name, value: Gateway[Name]) => void;
}

export const FormContext = createContext<Form | null>(null);

export function useForm(): Form {
  const form = useContext(FormContext);
  if (!form) throw new Error("this is a part of the settings");
  return form;
}
