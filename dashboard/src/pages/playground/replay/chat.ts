/** Reads a request in OpenAI's chat format, with what OpenRouter and others add to it. */

import type { Json } from "@/pages/playground/answer";
import {
  Builder,
  type Fields,
  isFields,
  json,
  leaveOthers,
  lines,
  objects,
  type Replayed,
  type Said,
  text,
  typed,
} from "@/pages/playground/replay/builder";

const READ = [
  ...["model", "messages", "stream", "stream_options", "temperature", "top_p", "max_tokens", "max_completion_tokens"],
  ...["seed", "stop", "reasoning_effort", "reasoning", "response_format", "tools", "usage"],
];

export function readChat(body: Fields, model: string): Replayed {
  const builder = new Builder(model);
  for (const message of objects(body.messages)) take(builder, message);
  const { params } = builder;
  params.temperature = typed(body.temperature);
  params.topP = typed(body.top_p);
  params.maxTokens = typed(body.max_completion_tokens) || typed(body.max_tokens);
  params.seed = typed(body.seed);
  params.stop = lines(body.stop);
  params.effort = text(body.reasoning_effort) || (isFields(body.reasoning) ? text(body.reasoning.effort) : "");
  params.isStreamed = body.stream === true;
  if (isFields(body.reasoning)) leaveOthers(builder, body.reasoning, ["effort"], "reasoning.");
  readFormat(builder, body.response_format);
  if (objects(body.tools).length) params.tools = json(body.tools ?? null);
  leaveOthers(builder, body, READ);
  return builder.done();
}

export function readFormat(builder: Builder, given: Json | undefined): void {
  if (!isFields(given)) return;
  if (given.type === "json_object") builder.params.format = "json_object";
  if (given.type === "json_schema") {
    builder.params.format = "json_schema";
    builder.params.schema = json(isFields(given.json_schema) ? given.json_schema : given);
  }
}

function take(builder: Builder, message: Fields): void {
  const said = contentOf(builder, message.content);
  switch (message.role) {
    case "system":
    case "developer":
      builder.instruct(said.text ?? "");
      break;
    case "assistant":
      builder.assistant({
        ...said,
        text: (said.text ?? "") + text(message.refusal),
        reasoning: text(message.reasoning) || text(message.reasoning_content),
        reasoningDetails: objects(message.reasoning_details),
        calls: objects(message.tool_calls).map(toCall),
      });
      break;
    case "tool":
    case "function":
      builder.result(text(message.tool_call_id) || text(message.name), said.text ?? "");
      break;
    default:
      builder.user(said);
  }
}

function toCall(call: Fields): { id: string; name: string; arguments: string } {
  const called = isFields(call.function) ? call.function : {};
  const given = called.arguments;
  return {
    id: text(call.id),
    name: text(called.name),
    arguments: typeof given === "string" ? given : JSON.stringify(given ?? {}),
  };
}

function contentOf(builder: Builder, content: Json | undefined): Said {
  if (typeof content === "string") return { text: content };
  const texts: string[] = [];
  const pictures: string[] = [];
  for (const part of objects(content)) {
    const url = isFields(part.image_url) ? text(part.image_url.url) : text(part.image_url);
    if (part.type === "text") texts.push(text(part.text));
    else if (part.type === "image_url" && url) pictures.push(url);
    else builder.leave(`a part of a message, \`${text(part.type) || "unknown"}\``);
  }
  return { text: texts.join("\n\n"), pictures };
}
