/** Reads a request in OpenAI's Responses format. */

import type { Json } from "@/pages/playground/answer";
import {
  Builder,
  type Fields,
  isFields,
  json,
  leaveOthers,
  objects,
  type Replayed,
  type Said,
  text,
  typed,
} from "@/pages/playground/replay/builder";
import { readFormat } from "@/pages/playground/replay/chat";

const READ = [
  ...["model", "input", "instructions", "stream", "stream_options", "temperature", "top_p", "max_output_tokens"],
  ...["reasoning", "text", "tools", "previous_response_id", "store", "include"],
];

export function readResponses(body: Fields, model: string): Replayed {
  const builder = new Builder(model);
  builder.instruct(text(body.instructions));
  if (typeof body.input === "string") builder.user({ text: body.input });
  for (const item of objects(body.input)) take(builder, item);
  const { params } = builder;
  params.temperature = typed(body.temperature);
  params.topP = typed(body.top_p);
  params.maxTokens = typed(body.max_output_tokens);
  params.isStreamed = body.stream === true;
  if (isFields(body.reasoning)) params.effort = text(body.reasoning.effort);
  if (isFields(body.text)) {
    readFormat(builder, body.text.format);
    leaveOthers(builder, body.text, ["format"], "text.");
  }
  readTools(builder, body.tools);
  if (body.previous_response_id) builder.leave("what was said before: the provider holds it (`previous_response_id`)");
  leaveOthers(builder, body, READ);
  return builder.done();
}

function readTools(builder: Builder, tools: Json | undefined): void {
  const own = objects(tools).filter((tool) => tool.type === "function");
  for (const tool of objects(tools))
    if (tool.type !== "function") builder.leave(`the built-in tool \`${text(tool.type)}\``);
  if (!own.length) return;
  builder.params.tools = json(
    own.map(({ type: _, ...called }) => ({
      type: "function",
      function: Object.fromEntries(Object.entries(called).filter(([, value]) => value !== null)),
    })),
  );
}

function take(builder: Builder, item: Fields): void {
  switch (item.type ?? "message") {
    case "message":
      takeMessage(builder, item);
      break;
    case "function_call":
      builder.assistant({
        calls: [{ id: text(item.call_id), name: text(item.name), arguments: text(item.arguments) }],
      });
      break;
    case "function_call_output":
      builder.result(text(item.call_id), typeof item.output === "string" ? item.output : textsOf(item.output));
      break;
    case "reasoning":
      builder.assistant({ reasoning: textsOf(item.summary) });
      if (item.encrypted_content) builder.leave("the sealed thoughts of an answer");
      break;
    default:
      builder.leave(`an item of the conversation, \`${text(item.type)}\``);
  }
}

function takeMessage(builder: Builder, item: Fields): void {
  const said: Said = { text: typeof item.content === "string" ? item.content : textsOf(item.content), pictures: [] };
  for (const part of objects(item.content)) {
    if (part.type === "input_image" && part.image_url) said.pictures?.push(text(part.image_url));
    else if (!["input_text", "output_text", "text", "refusal"].includes(text(part.type))) {
      builder.leave(`a part of a message, \`${text(part.type) || "unknown"}\``);
    }
  }
  if (item.role === "assistant") builder.assistant(said);
  else if (item.role === "system" || item.role === "developer") builder.instruct(said.text ?? "");
  else builder.user(said);
}

const textsOf = (content: Json | undefined): string =>
  objects(content)
    .map((one) => text(one.text) || text(one.refusal))
    .filter(Boolean)
    .join("\n\n");
