/** Light, dark, or as the system says; kept in the browser. */

export type Theme = "light" | "dark" | "system";

const KEY = "torana-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
/** Fires when another one is applied. */
export const themeChanges = new EventTarget();

export function readTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export const isDark = () => document.documentElement.dataset.mode === "dark";

export function applyTheme(theme: Theme): void {
  const mode = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
  document.documentElement.dataset.mode = mode;
  themeChanges.dispatchEvent(new Event("change"));
}

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme(theme);
}

dark.addEventListener("change", () => applyTheme(readTheme()));
