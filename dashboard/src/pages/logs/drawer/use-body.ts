/** A recorded body: its beginning comes with the log, the whole when it is wanted. */

import { useQuery } from "@tanstack/react-query";
import { type Place, readBody } from "@/pages/logs/api";
import type { Trace } from "@/pages/logs/types";

/** Smaller ones are loaded without being asked for. */
const AT_ONCE_BYTES = 1_000_000;
const KEPT_MS = 300_000;

export interface BodyText {
  text: string;
  isWhole: boolean;
  isLoading: boolean;
  error: unknown;
  /** Loads the rest. */
  load: () => void;
}

export function useBody(place: Place, log: Trace, which: "request" | "response", isWanted = true): BodyText {
  const head = which === "request" ? log.request_head : log.response_head;
  const isComplete = which === "request" ? log.request_head_complete : log.response_head_complete;
  const size = which === "request" ? log.request_size : log.response_size;
  const isThere = log.has_bodies && !isComplete;
  const found = useQuery({
    queryKey: ["body", place.account, place.gateway, log.id, which],
    queryFn: () => readBody(place, log.id, which),
    enabled: isThere && isWanted && size <= AT_ONCE_BYTES,
    staleTime: KEPT_MS,
    placeholderData: undefined,
  });
  return {
    text: found.data ?? head,
    isWhole: isComplete || found.data !== undefined,
    isLoading: found.isFetching,
    error: found.error,
    load: () => void found.refetch(),
  };
}
