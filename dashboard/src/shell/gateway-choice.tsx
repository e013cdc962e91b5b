/** Which gateway the pages below it are about. */

import { useNavigate } from "react-router";
import { useGateways } from "@/shell/gateway";

export function GatewayChoice({ current }: { current: string }) {
  const gateways = useGateways();
  const navigate = useNavigate();
  const names = gateways.data?.result.map((one) => one.id) ?? [];
  const shown = names.includes(current) ? names : [current, ...names];
  const page = /^\/dashboard\/gateways\/[^/]+\/(\w+)/.exec(window.location.pathname)?.[1] ?? "analytics";
  return (
    <label className="block px-0 pt-1 pb-1.5">
      <span className="px-2.5 text-xs font-medium text-kumo-subtle">Gateway</span>
      <select
        value={current}
        onChange={(event) => navigate(`/gateways/${encodeURIComponent(event.target.value)}/${page}`)}
        className="mt-1 w-full cursor-pointer rounded-md border border-kumo-line bg-kumo-control px-2 py-1.5 text-sm text-kumo-default"
      >
        {shown.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
