/** Where the code of each page is. Without the pages themselves: what starts the first one knows no more than this. */

import type { ComponentType } from "react";

export interface PageModule {
  default: ComponentType;
}

/** By the address below `/dashboard/`. */
export const LOADERS = {
  "": () => import("@/pages/overview"),
  "gateways/:gateway/analytics": () => import("@/pages/analytics"),
  "gateways/:gateway/logs": () => import("@/pages/logs"),
  "gateways/:gateway/providers": () => import("@/pages/providers"),
  "gateways/:gateway/limits": () => import("@/pages/limits"),
  "gateways/:gateway/settings": () => import("@/pages/settings"),
  "gateways/:gateway/start": () => import("@/pages/start"),
  playground: () => import("@/pages/playground"),
  models: () => import("@/pages/models"),
  keys: () => import("@/pages/keys"),
  activity: () => import("@/pages/activity"),
  tokens: () => import("@/pages/tokens"),
  "custom-providers": () => import("@/pages/custom-providers"),
  audit: () => import("@/pages/audit"),
  users: () => import("@/pages/users"),
  system: () => import("@/pages/system"),
} satisfies Record<string, () => Promise<PageModule>>;

export type PagePath = keyof typeof LOADERS;

const loaded = new Map<() => Promise<PageModule>, PageModule>();

/** Loads it, for whoever draws it later without waiting. */
export async function preload(load: () => Promise<PageModule>): Promise<void> {
  loaded.set(load, await load());
}

/** For `lazy`, to which a module that is there already is given at once: nothing is drawn in its place then. */
export const ready = (load: () => Promise<PageModule>) => () => {
  const module = loaded.get(load);
  if (!module) return load();
  // biome-ignore lint/suspicious/noThenProperty: a promise would be waited for, which is what must not be
  const thenable = { then: (take: (module: PageModule) => void) => take(module) };
  return thenable as Promise<PageModule>;
};

/** Of the page at an address; null for one that is none of these. */
export function loaderAt(pathname: string): (() => Promise<PageModule>) | null {
  const path = pathname.replace(/^\/dashboard\/?|\/$/g, "").replace(/^gateways\/[^/]+/, "gateways/:gateway");
  return Object.hasOwn(LOADERS, path) ? LOADERS[path as PagePath] : null;
}
