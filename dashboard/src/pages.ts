/** Every page: where it is, what it is called, and where it stands in the navigation. */

import type { Icon } from "@phosphor-icons/react";
import { ChartLineUpIcon } from "@phosphor-icons/react/ChartLineUp";
import { ChatsIcon } from "@phosphor-icons/react/Chats";
import { ClipboardTextIcon } from "@phosphor-icons/react/ClipboardText";
import { CpuIcon } from "@phosphor-icons/react/Cpu";
import { CubeIcon } from "@phosphor-icons/react/Cube";
import { GaugeIcon } from "@phosphor-icons/react/Gauge";
import { GearSixIcon } from "@phosphor-icons/react/GearSix";
import { HouseIcon } from "@phosphor-icons/react/House";
import { KeyIcon } from "@phosphor-icons/react/Key";
import { ListMagnifyingGlassIcon } from "@phosphor-icons/react/ListMagnifyingGlass";
import { PlugsConnectedIcon } from "@phosphor-icons/react/PlugsConnected";
import { PulseIcon } from "@phosphor-icons/react/Pulse";
import { RocketLaunchIcon } from "@phosphor-icons/react/RocketLaunch";
import { TicketIcon } from "@phosphor-icons/react/Ticket";
import { UsersIcon } from "@phosphor-icons/react/Users";
import { VaultIcon } from "@phosphor-icons/react/Vault";
import { LOADERS, type PageModule } from "@/loaders";

export type Group = "top" | "gateway" | "account" | "server";

export interface PageEntry {
  /** Below `/dashboard/`; of the group `gateway` below `gateways/:gateway/`. */
  path: string;
  label: string;
  group: Group;
  icon: Icon;
  /** Words that the palette finds it by. */
  words: string;
  load: () => Promise<PageModule>;
  /** Only for owners. */
  isOwners?: boolean;
}

export const GROUPS: Record<Group, string> = {
  top: "",
  gateway: "Gateway",
  account: "Account",
  server: "Server",
};

export const PAGES: PageEntry[] = [
  {
    path: "",
    label: "Overview",
    group: "top",
    icon: HouseIcon,
    words: "home gateways start",
    load: LOADERS[""],
  },
  {
    path: "analytics",
    label: "Analytics",
    group: "gateway",
    icon: ChartLineUpIcon,
    words: "charts requests tokens cost errors latency",
    load: LOADERS["gateways/:gateway/analytics"],
  },
  {
    path: "logs",
    label: "Logs",
    group: "gateway",
    icon: ListMagnifyingGlassIcon,
    words: "requests answers search tail",
    load: LOADERS["gateways/:gateway/logs"],
  },
  {
    path: "providers",
    label: "Providers and keys",
    group: "gateway",
    icon: VaultIcon,
    words: "byok stored keys secrets",
    load: LOADERS["gateways/:gateway/providers"],
  },
  {
    path: "limits",
    label: "Limits and spend",
    group: "gateway",
    icon: GaugeIcon,
    words: "rate budget forecast",
    load: LOADERS["gateways/:gateway/limits"],
  },
  {
    path: "settings",
    label: "Settings",
    group: "gateway",
    icon: GearSixIcon,
    words: "cache retries authentication otel logpush",
    load: LOADERS["gateways/:gateway/settings"],
  },
  {
    path: "start",
    label: "Quick start",
    group: "gateway",
    icon: RocketLaunchIcon,
    words: "curl sdk snippets code claude codex test",
    load: LOADERS["gateways/:gateway/start"],
  },
  {
    path: "playground",
    label: "Playground",
    group: "account",
    icon: ChatsIcon,
    words: "chat compare models try",
    load: LOADERS.playground,
  },
  {
    path: "models",
    label: "Models",
    group: "account",
    icon: CubeIcon,
    words: "catalogue prices latency uptime",
    load: LOADERS.models,
  },
  {
    path: "keys",
    label: "Keys and credits",
    group: "account",
    icon: KeyIcon,
    words: "router api keys money limits",
    load: LOADERS.keys,
  },
  {
    path: "activity",
    label: "Activity",
    group: "account",
    icon: PulseIcon,
    words: "usage spend by day model key",
    load: LOADERS.activity,
  },
  {
    path: "tokens",
    label: "Tokens",
    group: "account",
    icon: TicketIcon,
    words: "api tokens permissions",
    load: LOADERS.tokens,
  },
  {
    path: "custom-providers",
    label: "Custom providers",
    group: "account",
    icon: PlugsConnectedIcon,
    words: "own upstreams prices costs",
    load: LOADERS["custom-providers"],
  },
  {
    path: "audit",
    label: "Audit log",
    group: "account",
    icon: ClipboardTextIcon,
    words: "who changed what history",
    load: LOADERS.audit,
  },
  {
    path: "users",
    label: "Users",
    group: "server",
    icon: UsersIcon,
    words: "people roles passwords oidc sign in",
    load: LOADERS.users,
    isOwners: true,
  },
  {
    path: "system",
    label: "System",
    group: "server",
    icon: CpuIcon,
    words: "workers journal stores versions health",
    load: LOADERS.system,
  },
];

export const hrefOf = (page: PageEntry, gateway: string): string =>
  page.group === "gateway" ? `/gateways/${encodeURIComponent(gateway)}/${page.path}` : `/${page.path}`;
