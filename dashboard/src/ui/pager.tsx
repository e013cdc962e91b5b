/** One page of a long list, and the ways to the others. */

import { Button } from "@cloudflare/kumo/components/button";
import { CaretLeftIcon } from "@phosphor-icons/react/CaretLeft";
import { CaretRightIcon } from "@phosphor-icons/react/CaretRight";
import { exact } from "@/lib/format";

interface PagerProps {
  page: number;
  perPage: number;
  total: number | undefined;
  onPage: (page: number) => void;
}

/** Nothing where all are on one page. */
export function Pager({ page, perPage, total, onPage }: PagerProps) {
  if (total === undefined || (total <= perPage && page === 1)) return null;
  const last = Math.max(1, Math.ceil(total / perPage));
  const from = (page - 1) * perPage + 1;
  return (
    <nav aria-label="Pages of the list" className="flex items-center justify-end gap-2 text-xs text-kumo-subtle">
      <span className="tabular" aria-live="polite">
        {exact(from)}–{exact(Math.min(page * perPage, total))} of {exact(total)}
      </span>
      <Button
        size="sm"
        shape="square"
        aria-label="Page before"
        icon={<CaretLeftIcon />}
        disabled={page <= 1}
        onClick={() => onPage(page - 1)}
      />
      <Button
        size="sm"
        shape="square"
        aria-label="Next page"
        icon={<CaretRightIcon />}
        disabled={page >= last}
        onClick={() => onPage(page + 1)}
      />
    </nav>
  );
}
