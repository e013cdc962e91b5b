/** One model: what it can, what it costs, who serves it and how they fared, and how to ask for it. */

import { ChatsIcon } from "@phosphor-icons/react/Chats";
import { ScalesIcon } from "@phosphor-icons/react/Scales";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link, useParams } from "react-router";
import { ApiError } from "@/api/http";
import { useSession } from "@/api/session";
import { count, day, UNKNOWN } from "@/lib/format";
import { compatName, foremostPlace, hasChat, type ModelDetail, modelQuery } from "@/pages/models/data";
import { Endpoints, Prices } from "@/pages/models/endpoints";
import { useModelsGateway } from "@/pages/models/gateway";
import { context, rate, speed, uptime, wait } from "@/pages/models/shown";
import { snippetsFor } from "@/pages/models/snippets";
import { Use } from "@/pages/models/use";
import { Badge } from "@/ui/badge";
import { Card } from "@/ui/card";
import { Choice } from "@/ui/choice";
import { Code } from "@/ui/code";
import { CopyButton } from "@/ui/copy-button";
import { Empty } from "@/ui/empty";
import { Facts } from "@/ui/facts";
import { LinkButton } from "@/ui/link-button";
import { Loading } from "@/ui/loading";
import { Markdown } from "@/ui/markdown";
import { Page } from "@/ui/page";
import { Problem } from "@/ui/problem";
import { Stat, Stats } from "@/ui/stat";

export default function ModelPage() {
  const { "*": id = "" } = useParams();
  const { account_id } = useSession();
  const { gateway, options, choose } = useModelsGateway();
  const found = useQuery(modelQuery(account_id, gateway, id));
  const model = found.data?.result;
  if (!model) {
    const isUnknown = found.error instanceof ApiError && found.error.status === 404;
    return (
      <Page title={id}>
        {isUnknown ? (
          <Empty
            title="No such model is known"
            about={
              <>
                Its name may be mistyped, or a newer list has it: <code>torana models sync</code>.
              </>
            }
            action={<LinkButton to="/models?reach=all">All models</LinkButton>}
          />
        ) : found.error ? (
          <Problem error={found.error} onRetry={() => found.refetch()} />
        ) : (
          <Loading />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={model.name}
      about={<Names model={model} />}
      actions={
        <>
          {options.length > 1 && <Choice label="Gateway" value={gateway} options={options} onChange={choose} />}
          <LinkButton to={`/models?compare=${encodeURIComponent(model.id)}`} icon={<ScalesIcon />}>
            Compare
          </LinkButton>
          <Try model={model} gateway={gateway} />
        </>
      }
    >
      {model.description && (
        <div className="max-w-3xl">
          <Markdown text={model.description} />
        </div>
      )}
      <Figures model={model} />
      <Endpoints endpoints={model.endpoints} gateway={gateway} />
      <Prices endpoints={model.endpoints} />
      <div className="grid gap-5 xl:grid-cols-2">
        <About model={model} />
        <Use model={model} gateway={gateway} />
      </div>
      <Snippets model={model} gateway={gateway} />
    </Page>
  );
}

function Names({ model }: { model: ModelDetail }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <code className="text-xs break-all">{model.id}</code>
      <CopyButton text={model.id} />
      {model.alias_of && (
        <span>
          stands for <Link to={`/models/${model.alias_of}`}>{model.alias_of}</Link> now
        </span>
      )}
      {!model.is_reached && <Badge title="No key of a provider that serves it is stored">no key</Badge>}
      {model.created_at && <span>since {day(model.created_at)}</span>}
    </span>
  );
}

function Try({ model, gateway }: { model: ModelDetail; gateway: string }) {
  const place = foremostPlace(model.endpoints);
  if (!place || !hasChat(model)) return null;
  const query = new URLSearchParams({ gateway, models: compatName(place) });
  return (
    <LinkButton to={`/playground?${query}`} variant="primary" icon={<ChatsIcon />}>
      Try in the playground
    </LinkButton>
  );
}

function Figures({ model }: { model: ModelDetail }) {
  const longest = Math.max(0, ...model.endpoints.map((one) => one.max_completion_tokens ?? 0));
  return (
    <Stats>
      <Stat label="Input /M" value={rate(model.input)} note="cheapest endpoint" />
      <Stat label="Output /M" value={rate(model.output)} note="cheapest endpoint" />
      <Stat
        label="Context"
        value={context(model.context_length)}
        note={longest ? `answers up to ${context(longest)}` : "tokens"}
      />
      <Stat label="First token" value={wait(model.latency_p50)} note="p50, 30 min" />
      <Stat label="Speed" value={speed(model.throughput_p50)} note="p50, 30 min" />
      <Stat label="Uptime" value={uptime(model.uptime_1d)} note="steadiest, 24 h" />
      <Stat label="Asked here" value={count(model.requests_1d)} note="times in 24 h" />
    </Stats>
  );
}

function About({ model }: { model: ModelDetail }) {
  const { reasoning } = model;
  const facts: [string, ReactNode][] = [
    ["Takes", model.input_modalities.join(", ")],
    ["Gives", model.output_modalities.join(", ")],
    ["Parameters", <Words key="p" words={model.supported_parameters} />],
  ];
  if (reasoning) {
    const efforts = reasoning.supported_efforts?.join(", ") ?? "";
    facts.push([
      "Reasoning",
      `${reasoning.mandatory ? "always" : "if asked for"}${efforts && `; efforts: ${efforts}`}`,
    ]);
  }
  const defaults = Object.entries(model.default_parameters ?? {}).filter(([, value]) => value !== null);
  if (defaults.length) facts.push(["Defaults", defaults.map(([name, value]) => `${name} ${value}`).join(", ")]);
  if (model.supported_voices?.length) facts.push(["Voices", <Words key="v" words={model.supported_voices} />]);
  facts.push(["Knows up to", model.knowledge_cutoff ?? UNKNOWN]);
  if (model.expiration_date) facts.push(["Ends on", day(model.expiration_date)]);
  facts.push(["Tokenizer", model.tokenizer]);
  if (model.hugging_face_id) {
    facts.push([
      "Hugging Face",
      <a key="h" href={`https://huggingface.co/${model.hugging_face_id}`} target="_blank" rel="noopener noreferrer">
        {model.hugging_face_id}
      </a>,
    ]);
  }
  return (
    <Card title="What it can">
      <Facts facts={facts} />
    </Card>
  );
}

const Words = ({ words }: { words: readonly string[] }) =>
  words.length ? (
    <span className="flex flex-wrap gap-1">
      {words.map((word) => (
        <code key={word} className="rounded bg-kumo-fill px-1.5 py-0.5 text-xs">
          {word}
        </code>
      ))}
    </span>
  ) : (
    UNKNOWN
  );

function Snippets({ model, gateway }: { model: ModelDetail; gateway: string }) {
  const { url, account_id: account } = useSession();
  const snippets = snippetsFor(model, { url, account, gateway });
  const [chosen, setChosen] = useState("curl");
  const shown = snippets.find((one) => one.id === chosen) ?? snippets[0];
  if (!shown) return null;
  return (
    <Card
      title="Ask for it"
      about="By the router: one key for every model, whoever serves it."
      actions={
        snippets.length > 1 && (
          <Choice
            label="Client"
            value={shown.id}
            options={snippets.map((one): [string, string] => [one.id, one.label])}
            onChange={setChosen}
          />
        )
      }
    >
      <div className="flex flex-col gap-2">
        <Code text={shown.text} label={`Snippet for ${shown.label}`} />
        <p className="m-0 text-sm text-kumo-subtle">
          ROUTER_KEY is a key of the router: <Link to="/keys?create=key">make one</Link>.{" "}
          <Link to={`/gateways/${encodeURIComponent(gateway)}/start`}>Quick start</Link> has the same for a provider's
          own API.
        </p>
      </div>
    </Card>
  );
}
