/** The whole object, to copy: as JSON, as the call that sets it, and as commands. */

import { Tabs } from "@cloudflare/kumo/components/tabs";
import { useState } from "react";
import { useSession } from "@/api/session";
import { asCommand, asCurl } from "@/pages/settings/commands";
import { useForm } from "@/pages/settings/form";
import { Code } from "@/ui/code";
import { Modal } from "@/ui/modal";

const TABS = [
  { value: "json", label: "JSON" },
  { value: "curl", label: "curl" },
  { value: "shell", label: "Command line" },
];

export function AsCode({ onClose }: { onClose: () => void }) {
  const { draft, changes } = useForm();
  const { url } = useSession();
  const [tab, setTab] = useState("json");
  const texts: Record<string, string> = {
    json: JSON.stringify(draft, null, 2),
    curl: asCurl(url, draft),
    shell: asCommand(draft),
  };
  const isUnsaved = Object.keys(changes).length > 0;
  return (
    <Modal
      title="These settings as code"
      about={isUnsaved ? "With your changes, which are not saved yet." : "As they are saved."}
      size="xl"
      onClose={onClose}
    >
      <div className="flex flex-col gap-3">
        <Tabs tabs={TABS} value={tab} onValueChange={setTab} size="sm" activateOnFocus />
        <Code text={texts[tab] ?? ""} label="Settings" most="max-h-[60vh]" isUnbroken />
      </div>
    </Modal>
  );
}
