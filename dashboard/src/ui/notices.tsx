/** Short messages at the edge of the page: what was done, and what went wrong with what to do about it. */

import { Toasty, useKumoToastManager } from "@cloudflare/kumo/components/toast";
import type { ReactNode } from "react";
import { useMemo } from "react";
import { ApiError } from "@/api/http";

export function Notices({ children }: { children: ReactNode }) {
  return <Toasty>{children}</Toasty>;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export function useNotify() {
  const manager = useKumoToastManager();
  return useMemo(
    () => ({
      done: (title: string, description?: string) => {
        manager.add({ title, description, variant: "success" });
      },
      problem: (title: string, error: unknown) => {
        const advice = error instanceof ApiError ? ` ${error.advice}` : "";
        manager.add({ title, description: `${messageOf(error)}.${advice}`.replace("..", "."), variant: "error" });
      },
    }),
    [manager],
  );
}
