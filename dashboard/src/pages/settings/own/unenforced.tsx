/** Fields that are taken with the values that mean off: they are shown, and can be emptied. */

import { useForm } from "@/pages/settings/form";
import type { Setting } from "@/pages/settings/gateway";
import { Badge } from "@/ui/badge";
import { Code } from "@/ui/code";

function Shown({ name, off }: { name: Setting; off: unknown }) {
  const value = useForm().draft[name];
  const isObject = typeof value === "object" && value !== null;
  return (
    <div className="flex flex-col items-start gap-2">
      <Badge>{value === off || isObject ? "Off" : String(value)}</Badge>
      {isObject && (
        <div className="w-full max-w-2xl">
          <Code text={JSON.stringify(value, null, 2)} label={`What is kept of ${name}`} most="max-h-48" />
        </div>
      )}
    </div>
  );
}

export const Guardrails = () => <Shown name="guardrails" off={null} />;
export const Dlp = () => <Shown name="dlp" off={null} />;
export const Zdr = () => <Shown name="zdr" off={false} />;
export const Billing = () => <Shown name="workers_ai_billing_mode" off="postpaid" />;
export const Stripe = () => <Shown name="stripe" off={null} />;
export const Classification = () => <Shown name="log_classification" off={false} />;
