/** The theme, for components that are drawn anew with it. */

import { useSyncExternalStore } from "react";
import { isDark, readTheme, themeChanges } from "@/lib/theme";

function subscribe(listener: () => void): () => void {
  themeChanges.addEventListener("change", listener);
  return () => themeChanges.removeEventListener("change", listener);
}

export const useTheme = () => useSyncExternalStore(subscribe, readTheme);
export const useIsDark = () => useSyncExternalStore(subscribe, isDark);
