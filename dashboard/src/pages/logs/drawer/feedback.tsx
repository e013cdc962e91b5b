/** How good the answer was: a thumb, and a score. */

import { Button } from "@cloudflare/kumo/components/button";
import { ThumbsDownIcon } from "@phosphor-icons/react/ThumbsDown";
import { ThumbsUpIcon } from "@phosphor-icons/react/ThumbsUp";
import { type FormEvent, useState } from "react";
import { useMay } from "@/api/session";
import { type Change, changeLog, type Place, shownChange } from "@/pages/logs/api";
import { useLogChange } from "@/pages/logs/drawer/use-log-change";
import type { LogRow, Trace } from "@/pages/logs/types";

interface FeedbackProps {
  place: Place;
  log: Trace;
  onChanged: (changes: Partial<LogRow>) => void;
}

export function Feedback({ place, log, onChanged }: FeedbackProps) {
  const mayEdit = useMay()("edit");
  const [score, setScore] = useState(log.score === null ? "" : String(log.score));
  const { isBusy, change } = useLogChange();
  const save = (given: Change, words: string) =>
    change(
      () => changeLog(place, log.id, given),
      words,
      () => onChanged(shownChange(given)),
    );
  if (!mayEdit) {
    if (log.feedback === null && log.score === null) return null;
    return (
      <p className="m-0 text-sm text-kumo-subtle">
        {log.feedback !== null && `Rated ${log.feedback > 0 ? "up" : log.feedback < 0 ? "down" : "neutral"}. `}
        {log.score !== null && `Score ${log.score} of 100.`}
      </p>
    );
  }
  const thumb = (value: number) =>
    save(
      { feedback: log.feedback === value ? null : value },
      log.feedback === value ? "The rating is taken back" : value > 0 ? "Rated up" : "Rated down",
    );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save({ score: score.trim() === "" ? null : Number(score) }, "The score is kept");
  };
  const isNew = score.trim() !== (log.score === null ? "" : String(log.score));
  return (
    <form onSubmit={submit} className="flex flex-wrap items-center gap-2">
      <Button
        type="button"
        size="sm"
        aria-pressed={log.feedback !== null && log.feedback > 0}
        variant={log.feedback !== null && log.feedback > 0 ? "primary" : "secondary"}
        disabled={isBusy}
        icon={<ThumbsUpIcon size={14} />}
        onClick={() => thumb(1)}
      >
        Good
      </Button>
      <Button
        type="button"
        size="sm"
        aria-pressed={log.feedback !== null && log.feedback < 0}
        variant={log.feedback !== null && log.feedback < 0 ? "primary" : "secondary"}
        disabled={isBusy}
        icon={<ThumbsDownIcon size={14} />}
        onClick={() => thumb(-1)}
      >
        Bad
      </Button>
      <label className="ml-2 flex items-center gap-2 text-sm">
        Score
        <input
          type="number"
          min={0}
          max={100}
          step="any"
          value={score}
          placeholder="0–100"
          onChange={(event) => setScore(event.target.value)}
          className="h-7 w-20 rounded-md border border-kumo-line bg-kumo-control px-2 text-sm text-kumo-default placeholder:text-kumo-placeholder"
        />
      </label>
      {isNew && (
        <Button type="submit" size="sm" loading={isBusy}>
          Keep the score
        </Button>
      )}
    </form>
  );
}
