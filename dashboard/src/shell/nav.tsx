/** The pages by group; those of a gateway below its name. */

import { NavLink } from "react-router";
import { useMay } from "@/api/session";
import { GROUPS, type Group, hrefOf, PAGES } from "@/pages";
import { useLastGateway } from "@/shell/gateway";
import { GatewayChoice } from "@/shell/gateway-choice";

const ORDER: Group[] = ["top", "gateway", "account", "server"];

export function Nav() {
  const gateway = useLastGateway();
  const may = useMay();
  return (
    <nav aria-label="Pages" className="flex-1 overflow-y-auto px-3 pb-3">
      {ORDER.map((group) => (
        <section key={group} aria-label={GROUPS[group] || "Start"} className="mb-3">
          {group === "gateway" ? (
            <GatewayChoice current={gateway} />
          ) : (
            GROUPS[group] && <h2 className="px-2.5 pt-1 pb-1 text-xs font-medium text-kumo-subtle">{GROUPS[group]}</h2>
          )}
          <ul className="m-0 list-none p-0">
            {PAGES.filter((page) => page.group === group && (!page.isOwners || may("own"))).map((page) => (
              <li key={page.path}>
                <NavLink
                  to={hrefOf(page, gateway)}
                  end={page.path === ""}
                  className={({ isActive }) =>
                    `flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm no-underline ${
                      isActive ? "bg-kumo-tint font-medium text-kumo-brand" : "text-kumo-default hover:bg-kumo-tint"
                    }`
                  }
                >
                  <page.icon size={17} aria-hidden />
                  {page.label}
                </NavLink>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
