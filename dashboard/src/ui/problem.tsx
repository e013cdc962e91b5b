/** What went wrong, and what to do about it. */

import { Button } from "@cloudflare/kumo/components/button";
import { WarningCircleIcon } from "@phosphor-icons/react/WarningCircle";
import { ApiError } from "@/api/http";
import { messageOf } from "@/ui/notices";
import { Ticks } from "@/ui/ticks";

export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const advice = error instanceof ApiError ? error.advice : "Reload the page.";
  return (
    <div role="alert" className="flex items-start gap-3 rounded-lg border border-kumo-line bg-kumo-base p-4">
      <WarningCircleIcon size={20} className="mt-0.5 shrink-0 text-kumo-danger" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="m-0 font-medium break-words">
          <Ticks text={messageOf(error)} />
        </p>
        <p className="m-0 mt-1 text-kumo-subtle">{advice}</p>
      </div>
      {onRetry && (
        <Button size="sm" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
