/** What the drawer is given, and hands on to its parts. */

import type { Place } from "@/pages/logs/api";
import type { Filter } from "@/pages/logs/filters/keys";
import type { LogRow } from "@/pages/logs/types";

export interface DrawerProps {
  place: Place;
  id: string;
  canStep: { up: boolean; down: boolean };
  onStep: (by: number) => void;
  onClose: () => void;
  onChanged: (changes: Partial<LogRow>) => void;
  onDeleted: () => void;
  /** Opens another log. */
  onShow: (id: string) => void;
  /** Narrows the list. */
  onFilter: (filters: Filter[]) => void;
}
