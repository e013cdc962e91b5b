import { useState } from "react";
import { useSession } from "@/api/session";
import { codeOf, LANGUAGES, type Language } from "@/pages/playground/code";
import type { Body } from "@/pages/playground/request";
import { Choice } from "@/ui/choice";
import { Code } from "@/ui/code";
import { Modal } from "@/ui/modal";

export function CodeDialog({ body, gateway, onClose }: { body: Body; gateway: string; onClose: () => void }) {
  const { url, account_id: account } = useSession();
  const [language, setLanguage] = useState<Language>("curl");
  const about = "TORANA_TOKEN is an API token with the permission run, which the page Tokens makes.";
  return (
    <Modal title="This request as code" about={about} size="xl" onClose={onClose}>
      <div className="flex flex-col gap-3">
        <Choice label="Language" value={language} options={LANGUAGES} onChange={setLanguage} />
        <Code text={codeOf(language, { url, account, gateway }, body)} label="Code" most="max-h-[60vh]" />
      </div>
    </Modal>
  );
}
