import { Button } from "@cloudflare/kumo/components/button";
import { XIcon } from "@phosphor-icons/react/X";
import { Link, useLocation, useNavigate } from "react-router";
import type { Opened } from "@/pages/playground/opening";

/** Says where a conversation came from, and what of it did not. */
export function Replayed({ opened }: { opened: Opened | null }) {
  const navigate = useNavigate();
  const { search } = useLocation();
  if (!opened) return null;
  const log = `/gateways/${encodeURIComponent(opened.gateway)}/logs?log=${encodeURIComponent(opened.log)}`;
  return (
    <div className="flex items-start justify-between gap-3 rounded-lg border border-kumo-line bg-kumo-base px-4 py-2.5 text-sm">
      <div className="min-w-0">
        <p className="m-0">
          This is the request of{" "}
          <Link to={log} className="text-kumo-link underline">
            a log
          </Link>
          {opened.left.length ? ". Not taken over:" : ", all of it. Change what you like, and send it again."}
        </p>
        {opened.left.length > 0 && (
          <ul className="m-0 mt-1 list-disc pl-5 text-xs text-kumo-subtle">
            {opened.left.map((one) => (
              <li key={one}>{one.replaceAll("`", "")}</li>
            ))}
          </ul>
        )}
      </div>
      <Button
        size="sm"
        variant="ghost"
        shape="square"
        aria-label="Hide this"
        icon={<XIcon />}
        onClick={() => navigate({ search }, { replace: true, state: null })}
      />
    </div>
  );
}
