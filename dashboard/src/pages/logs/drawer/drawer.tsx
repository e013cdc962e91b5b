/** One log, at the side of the list that it is in. */

import { Button } from "@cloudflare/kumo/components/button";
import { Tabs } from "@cloudflare/kumo/components/tabs";
import { CaretDownIcon } from "@phosphor-icons/react/CaretDown";
import { CaretUpIcon } from "@phosphor-icons/react/CaretUp";
import { useQuery } from "@tanstack/react-query";
import { useUrlState } from "@/lib/url-state";
import { readTrace } from "@/pages/logs/api";
import { Actions } from "@/pages/logs/drawer/actions";
import { Conversation } from "@/pages/logs/drawer/conversation";
import { Details } from "@/pages/logs/drawer/details";
import { Feedback } from "@/pages/logs/drawer/feedback";
import { Figures } from "@/pages/logs/drawer/figures";
import { Raw } from "@/pages/logs/drawer/raw";
import { Timing } from "@/pages/logs/drawer/timing";
import type { DrawerProps } from "@/pages/logs/drawer/types";
import { toneOf } from "@/pages/logs/list/row";
import type { Trace } from "@/pages/logs/types";
import { Badge } from "@/ui/badge";
import { Drawer } from "@/ui/drawer";
import { Loading } from "@/ui/loading";
import { Problem } from "@/ui/problem";

export function LogDrawer(props: DrawerProps) {
  const { place, id, canStep, onStep, onClose } = props;
  const trace = useQuery({
    queryKey: ["log", place.account, place.gateway, id],
    queryFn: () => readTrace(place, id),
  });
  const log = trace.data;
  return (
    <Drawer
      title={log ? <Title log={log} /> : "Log"}
      onClose={onClose}
      actions={
        <>
          <Button
            variant="ghost"
            shape="square"
            aria-label="The log above (k)"
            disabled={!canStep.up}
            icon={<CaretUpIcon size={16} />}
            onClick={() => onStep(-1)}
          />
          <Button
            variant="ghost"
            shape="square"
            aria-label="The log below (j)"
            disabled={!canStep.down}
            icon={<CaretDownIcon size={16} />}
            onClick={() => onStep(1)}
          />
          {log && <Actions {...props} log={log} />}
        </>
      }
    >
      {trace.isError ? (
        <Problem error={trace.error} onRetry={() => trace.refetch()} />
      ) : log ? (
        // What belongs to the last log stands until the next one is there.
        <div className={trace.isPlaceholderData ? "opacity-60" : ""} aria-busy={trace.isPlaceholderData}>
          <Content key={log.id} {...props} log={log} />
        </div>
      ) : (
        <Loading label="Loading the log" />
      )}
    </Drawer>
  );
}

function Title({ log }: { log: Trace }) {
  return (
    <span className="flex items-center gap-2">
      <Badge tone={toneOf(log)}>{log.status_code ? String(log.status_code) : "none"}</Badge>
      <span className="truncate">{log.model || log.path}</span>
    </span>
  );
}

const VIEWS = [
  { value: "conversation", label: "Conversation" },
  { value: "timing", label: "Attempts and cost" },
  { value: "details", label: "Details" },
  { value: "raw", label: "Raw" },
];

function Content({ log, ...props }: DrawerProps & { log: Trace }) {
  const [view, setView] = useUrlState("view", "conversation");
  return (
    <div className="flex flex-col gap-4">
      <Figures log={log} onShow={props.onShow} />
      <Feedback place={props.place} log={log} onChanged={props.onChanged} />
      <Tabs variant="underline" tabs={VIEWS} value={view} onValueChange={setView} />
      {view === "timing" ? (
        <Timing log={log} />
      ) : view === "details" ? (
        <Details place={props.place} log={log} onChanged={props.onChanged} onFilter={props.onFilter} />
      ) : view === "raw" ? (
        <Raw place={props.place} log={log} />
      ) : (
        <Conversation place={props.place} log={log} />
      )}
    </div>
  );
}
