import { Checkbox } from "@cloudflare/kumo/components/checkbox";
import { Input, InputArea } from "@cloudflare/kumo/components/input";
import { Switch } from "@cloudflare/kumo/components/switch";
import { useState } from "react";
import { client, refresh, type Schemas } from "@/api/client";
import { useSession } from "@/api/session";
import { useSubmit } from "@/lib/submit";
import { rowsOf, textOf } from "@/pages/custom-providers/headers";
import { HeadersEditor } from "@/pages/custom-providers/headers-editor";
import { slugOf } from "@/pages/custom-providers/slug";
import type { Provider } from "@/pages/custom-providers/types";
import { FieldRow, Form } from "@/ui/form";
import { Modal } from "@/ui/modal";
import { useNotify } from "@/ui/notices";

interface ProviderFormProps {
  /** Null = a new one. */
  provider: Provider | null;
  onMade?: (id: string) => void;
  onClose: () => void;
}

const TEXTS = ["name", "slug", "base_url", "description", "link", "curl_example", "js_example"] as const;
type Text = (typeof TEXTS)[number];
type Texts = Record<Text, string>;

export function ProviderForm({ provider, onMade, onClose }: ProviderFormProps) {
  const { account_id } = useSession();
  const notify = useNotify();
  const [texts, setTexts] = useState<Texts>(
    () => Object.fromEntries(TEXTS.map((name) => [name, provider?.[name] ?? ""])) as Texts,
  );
  const [hasOwnSlug, setOwnSlug] = useState(provider !== null);
  const [isOn, setOn] = useState(provider?.enable ?? true);
  const [isBeta, setBeta] = useState(provider?.beta ?? false);
  const [position, setPosition] = useState(provider?.position?.toString() ?? "");
  const [headers, setHeaders] = useState(() => rowsOf(provider?.headers ?? null));
  const set = (name: Text) => (event: { target: { value: string } }) => {
    const { value } = event.target;
    setTexts((before) => ({
      ...before,
      [name]: value,
      ...(name === "name" && !hasOwnSlug && { slug: slugOf(value) }),
    }));
    if (name === "slug") setOwnSlug(true);
  };
  const submit = useSubmit(async () => {
    const body = bodyOf(texts, { enable: isOn, beta: isBeta, headers: textOf(headers), position });
    const path = { account_id };
    if (provider) {
      await client.PATCH("/client/v4/accounts/{account_id}/ai-gateway/custom-providers/{provider_id}", {
        params: { path: { ...path, provider_id: provider.id } },
        body,
      });
    } else {
      const { data } = await client.POST("/client/v4/accounts/{account_id}/ai-gateway/custom-providers", {
        params: { path },
        body,
      });
      if (data) onMade?.(data.result.id);
    }
    notify.done(`${body.name} is ${provider ? "changed" : "added"}`, `Gateways call it as custom-${body.slug}.`);
    await refresh();
    if (provider) onClose();
  });
  return (
    <Modal title={provider ? `Change ${provider.name}` : "Add a provider"} onClose={onClose}>
      <Form submit={submit} action={provider ? "Keep the changes" : "Add the provider"} onCancel={onClose}>
        <FieldRow>
          <Input label="Name" autoComplete="off" required maxLength={256} value={texts.name} onChange={set("name")} />
          <Input
            label="Slug"
            description={`Gateways call it as custom-${texts.slug || "NAME"}.`}
            autoComplete="off"
            spellCheck={false}
            required
            maxLength={64}
            pattern="[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*"
            title="Letters, digits and _, with single - between"
            value={texts.slug}
            onChange={set("slug")}
          />
        </FieldRow>
        <Input
          label="Base URL"
          description="What comes after custom-NAME/ in a request's URL is put behind it. https alone, but for networks that the server's settings allow."
          type="url"
          placeholder="https://llm.example.com/v1"
          autoComplete="off"
          required
          maxLength={2048}
          value={texts.base_url}
          onChange={set("base_url")}
        />
        <HeadersEditor rows={headers} onChange={setHeaders} />
        <Switch label="Gateways may call it" checked={isOn} onCheckedChange={setOn} />
        <details>
          <summary className="cursor-pointer text-sm">Description, link, examples, order</summary>
          <div className="mt-3 flex flex-col gap-4">
            <InputArea
              label="Description"
              rows={2}
              maxLength={8192}
              value={texts.description}
              onChange={set("description")}
            />
            <FieldRow>
              <Input
                label="Link"
                description="To its documentation."
                type="url"
                value={texts.link}
                onChange={set("link")}
              />
              <Input
                label="Position"
                description="In lists; empty = by name, after those that have one."
                type="number"
                step={1}
                value={position}
                onChange={(event) => setPosition(event.target.value)}
              />
            </FieldRow>
            <InputArea label="Example for curl" rows={3} value={texts.curl_example} onChange={set("curl_example")} />
            <InputArea label="Example for JavaScript" rows={3} value={texts.js_example} onChange={set("js_example")} />
            <Checkbox label="Beta: shown as not yet to be relied on" checked={isBeta} onCheckedChange={setBeta} />
          </div>
        </details>
      </Form>
    </Modal>
  );
}

interface Rest {
  enable: boolean;
  beta: boolean;
  headers: string | null;
  position: string;
}

function bodyOf(texts: Texts, { position, ...rest }: Rest): Schemas["NewCustomProvider"] {
  return {
    name: texts.name.trim(),
    slug: texts.slug,
    base_url: texts.base_url.trim(),
    description: texts.description || null,
    link: texts.link.trim() || null,
    curl_example: texts.curl_example || null,
    js_example: texts.js_example || null,
    position: position.trim() === "" ? null : Number(position),
    ...rest,
  };
}
