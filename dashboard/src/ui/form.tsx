/** A form's own frame: its fields, what went wrong, and the buttons at its end. */

import { Button } from "@cloudflare/kumo/components/button";
import type { ReactNode } from "react";
import type { Submit } from "@/lib/submit";
import { Ticks } from "@/ui/ticks";

interface FormProps {
  submit: Submit;
  /** The button's words, such as `Create the key`. */
  action: string;
  /** The words of the button that gives up. */
  wayOut?: string;
  onCancel?: () => void;
  isDisabled?: boolean;
  children: ReactNode;
}

export function Form({ submit, action, wayOut = "Cancel", onCancel, isDisabled, children }: FormProps) {
  return (
    <form onSubmit={submit.onSubmit} className="flex flex-col gap-4">
      {children}
      {submit.problem && (
        <p role="alert" className="m-0 text-sm break-words text-kumo-danger">
          <Ticks text={submit.problem} />
        </p>
      )}
      <div className="flex justify-end gap-2">
        {onCancel && (
          <Button type="button" variant="ghost" onClick={onCancel}>
            {wayOut}
          </Button>
        )}
        <Button type="submit" variant="primary" loading={submit.isBusy} disabled={isDisabled}>
          {action}
        </Button>
      </div>
    </form>
  );
}

/** Fields beside each other, where there is room. */
export function FieldRow({ children }: { children: ReactNode }) {
  return <div className="grid items-start gap-4 sm:grid-cols-2">{children}</div>;
}
