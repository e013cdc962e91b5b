/** The frame of every page: navigation at the side, or behind a button on a phone. */

import { Button } from "@cloudflare/kumo/components/button";
import { ListIcon } from "@phosphor-icons/react/List";
import { MagnifyingGlassIcon } from "@phosphor-icons/react/MagnifyingGlass";
import { XIcon } from "@phosphor-icons/react/X";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Link, useLocation } from "react-router";
import { Account } from "@/shell/account";
import { FirstUserBanner } from "@/shell/first-user-banner";
import { Nav } from "@/shell/nav";

const Palette = lazy(() => import("@/shell/palette"));
const IS_MAC = /mac|iphone|ipad/i.test(navigator.platform);

export function Shell({ children }: { children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const [isSearching, setSearching] = useState(false);
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: on a phone a chosen page closes the navigation
  useEffect(() => setOpen(false), [pathname]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        setSearching((before) => !before);
      }
      if (event.key === "Escape") setOpen(false);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded focus:bg-kumo-base focus:p-2"
      >
        Skip to the content
      </a>
      <header className="flex items-center justify-between border-b border-kumo-hairline bg-kumo-base px-3 py-2 md:hidden">
        <Brand />
        <span className="flex gap-1">
          <Button
            variant="ghost"
            shape="square"
            aria-label="Search pages and actions"
            icon={<MagnifyingGlassIcon size={18} />}
            onClick={() => setSearching(true)}
          />
          <Button
            variant="ghost"
            shape="square"
            aria-label={isOpen ? "Close the navigation" : "Open the navigation"}
            aria-expanded={isOpen}
            aria-controls="navigation"
            icon={isOpen ? <XIcon size={18} /> : <ListIcon size={18} />}
            onClick={() => setOpen(!isOpen)}
          />
        </span>
      </header>
      <aside
        id="navigation"
        className={`${isOpen ? "flex" : "hidden"} absolute inset-x-0 top-[53px] bottom-0 z-40 w-full shrink-0 flex-col border-r border-kumo-hairline bg-kumo-base md:static md:flex md:w-60`}
      >
        <div className="hidden items-center px-4 pt-4 pb-2 md:flex">
          <Brand />
        </div>
        <div className="px-3 py-2">
          <button
            type="button"
            onClick={() => setSearching(true)}
            className="flex w-full cursor-pointer items-center gap-2 rounded-md border border-kumo-line bg-kumo-control px-2.5 py-1.5 text-left text-sm text-kumo-subtle hover:bg-kumo-tint"
          >
            <MagnifyingGlassIcon size={15} aria-hidden />
            <span className="flex-1">Search…</span>
            <kbd className="rounded border border-kumo-line px-1 text-xs">{IS_MAC ? "⌘" : "Ctrl"} K</kbd>
          </button>
        </div>
        <Nav />
        <Account />
      </aside>
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <FirstUserBanner />
        <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
          {children}
        </main>
      </div>
      {isSearching && (
        <Suspense>
          <Palette onClose={() => setSearching(false)} />
        </Suspense>
      )}
    </div>
  );
}

function Brand() {
  return (
    <Link to="/" className="flex items-center gap-2 text-base font-semibold text-kumo-default no-underline">
      <img src="/dashboard/favicon.svg" alt="" width={22} height={22} />
      Torana
    </Link>
  );
}
