/** Reads a request in Anthropic's Messages format. */

import type { Json } from "@/pages/playground/answer";
import {
  Builder,
  dataUrl,
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
  ...["model", "messages", "system", "stream", "max_tokens", "temperature", "top_p", "stop_sequences", "tools"],
  ...["output_config", "output_format", "anthropic_version"],
];
const FORMAT = "anthropic-claude-v1";

export function isMessages(body: Fields): boolean {
  if (typeof body.system === "string" || Array.isArray(body.system) || body.anthropic_version || body.stop_sequences) {
    return true;
  }
  if (objects(body.tools).some((tool) => isFields(tool.input_schema))) return true;
  const parts = objects(body.messages).flatMap((message) => objects(message.content));
  return parts.some((part) => ["tool_use", "tool_result", "thinking", "image", "document"].includes(text(part.type)));
}

export function readMessages(body: Fields, model: string): Replayed {
  const builder = new Builder(model);
  builder.instruct(textsOf(body.system));
  for (const message of objects(body.messages)) take(builder, message);
  const { params } = builder;
  params.temperature = typed(body.temperature);
  params.topP = typed(body.top_p);
  params.maxTokens = typed(body.max_tokens);
  params.stop = lines(body.stop_sequences);
  params.isStreamed = body.stream === true;
  readOutput(builder, body);
  readTools(builder, body.tools);
  leaveOthers(builder, body, READ);
  return builder.done();
}

function readOutput(builder: Builder, body: Fields): void {
  const config = isFields(body.output_config) ? body.output_config : {};
  builder.params.effort = text(config.effort);
  const format = isFields(config.format) ? config.format : body.output_format;
  if (isFields(format) && isFields(format.schema)) {
    builder.params.format = "json_schema";
    builder.params.schema = json(format.schema);
  }
}

function readTools(builder: Builder, tools: Json | undefined): void {
  const own = objects(tools).filter((tool) => isFields(tool.input_schema));
  for (const tool of objects(tools))
    if (!own.includes(tool)) builder.leave(`Anthropic's own tool \`${text(tool.name)}\``);
  if (!own.length) return;
  builder.params.tools = json(
    own.map((tool) => ({
      type: "function",
      function: {
        name: text(tool.name),
        ...(tool.description ? { description: tool.description } : {}),
        parameters: tool.input_schema ?? {},
      },
    })),
  );
}

function take(builder: Builder, message: Fields): void {
  const parts =
    typeof message.content === "string" ? [{ type: "text", text: message.content }] : objects(message.content);
  const said: Required<Omit<Said, "reasoning">> & { reasoning: string } = {
    text: "",
    pictures: [],
    reasoning: "",
    reasoningDetails: [],
    calls: [],
  };
  for (const part of parts) takePart(builder, part, said);
  if (message.role === "assistant") builder.assistant(said);
  else if (message.role === "system") builder.instruct(said.text);
  else builder.user(said);
}

type Parts = Required<Said>;

function takePart(builder: Builder, part: Fields, said: Parts): void {
  const source = isFields(part.source) ? part.source : {};
  switch (part.type) {
    case "text":
      said.text = [said.text, text(part.text)].filter(Boolean).join("\n\n");
      break;
    case "image":
      said.pictures.push(source.type === "url" ? text(source.url) : dataUrl(source.media_type, source.data));
      break;
    case "tool_use":
      said.calls.push({ id: text(part.id), name: text(part.name), arguments: JSON.stringify(part.input ?? {}) });
      break;
    case "tool_result":
      builder.result(text(part.tool_use_id), textsOf(part.content));
      if (objects(part.content).some((one) => one.type !== "text"))
        builder.leave("a picture or file in a tool's result");
      break;
    case "thinking":
      said.reasoning += text(part.thinking);
      said.reasoningDetails.push({
        type: "reasoning.text",
        text: text(part.thinking),
        signature: part.signature ?? null,
        format: FORMAT,
        index: said.reasoningDetails.length,
      });
      break;
    case "redacted_thinking":
      said.reasoningDetails.push({
        type: "reasoning.encrypted",
        data: part.data ?? "",
        format: FORMAT,
        index: said.reasoningDetails.length,
      });
      break;
    default:
      builder.leave(`a part of a message, \`${text(part.type) || "unknown"}\``);
  }
}

const textsOf = (content: Json | undefined): string =>
  typeof content === "string"
    ? content
    : objects(content)
        .map((one) => text(one.text))
        .filter(Boolean)
        .join("\n\n");
