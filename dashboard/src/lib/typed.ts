/** Text that is typed faster than the URL follows. */

import { useState } from "react";

/**
 * What stands in a field, what to call as it is typed, and what to call as it is left. Until then it is what was typed:
 * the URL comes back late, and would take letters away that were typed meanwhile.
 */
export function useTyped(value: string): [text: string, type: (text: string) => void, leave: () => void] {
  const [typed, setTyped] = useState<string | null>(null);
  return [typed ?? value, setTyped, () => setTyped(null)];
}
