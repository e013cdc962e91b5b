/** Reads a request in Gemini's format; both of its ways to write names are known. */

import type { Json } from "@/pages/playground/answer";
import { newId } from "@/pages/playground/bench";
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

const READ = ["model", "contents", "systemInstruction", "generationConfig", "tools"];
const CONFIG = [
  ...["temperature", "topP", "maxOutputTokens", "seed", "stopSequences", "responseMimeType", "responseSchema"],
  ...["responseJsonSchema", "thinkingConfig", "candidateCount"],
];

export function readGemini(given: Fields, model: string): Replayed {
  const body = camel(given);
  const builder = new Builder(model);
  builder.instruct(textsOf(body.systemInstruction));
  for (const content of objects(body.contents)) take(builder, content);
  readConfig(builder, isFields(body.generationConfig) ? camel(body.generationConfig) : {});
  readTools(builder, body.tools);
  // The URL says whether it was streamed: here it is, for being looked at.
  builder.params.isStreamed = true;
  leaveOthers(builder, body, READ);
  return builder.done();
}

function readConfig(builder: Builder, config: Fields): void {
  const { params } = builder;
  params.temperature = typed(config.temperature);
  params.topP = typed(config.topP);
  params.maxTokens = typed(config.maxOutputTokens);
  params.seed = typed(config.seed);
  params.stop = lines(config.stopSequences ?? []);
  const schema = config.responseJsonSchema ?? config.responseSchema;
  if (isFields(schema)) {
    params.format = "json_schema";
    params.schema = json(lowered(schema));
  } else if (config.responseMimeType === "application/json") params.format = "json_object";
  const thinking = isFields(config.thinkingConfig) ? camel(config.thinkingConfig) : {};
  params.effort = text(thinking.thinkingLevel).toLowerCase();
  leaveOthers(builder, thinking, ["thinkingLevel", "includeThoughts"], "thinkingConfig.");
  leaveOthers(builder, config, CONFIG, "generationConfig.");
}

function readTools(builder: Builder, tools: Json | undefined): void {
  const own: Json[] = [];
  for (const tool of objects(tools).map(camel)) {
    for (const one of objects(tool.functionDeclarations)) {
      const parameters = one.parametersJsonSchema ?? (isFields(one.parameters) ? lowered(one.parameters) : {});
      own.push({
        type: "function",
        function: { name: text(one.name), ...(one.description ? { description: one.description } : {}), parameters },
      });
    }
    leaveOthers(builder, tool, ["functionDeclarations"], "tools.");
  }
  if (own.length) builder.params.tools = json(own);
}

function take(builder: Builder, content: Fields): void {
  const said: Required<Said> = { text: "", pictures: [], reasoning: "", reasoningDetails: [], calls: [] };
  for (const part of objects(content.parts).map(camel)) takePart(builder, part, said);
  if (content.role === "model") builder.assistant(said);
  else builder.user(said);
}

function takePart(builder: Builder, part: Fields, said: Required<Said>): void {
  const data = isFields(part.inlineData) ? camel(part.inlineData) : null;
  if (part.thought === true) said.reasoning += text(part.text);
  else if (typeof part.text === "string") said.text = [said.text, part.text].filter(Boolean).join("\n\n");
  else if (data && text(data.mimeType).startsWith("image/")) said.pictures.push(dataUrl(data.mimeType, data.data));
  else if (isFields(part.functionCall)) {
    const { id, name, args } = part.functionCall;
    said.calls.push({ id: text(id) || newId(), name: text(name), arguments: JSON.stringify(args ?? {}) });
  } else if (isFields(part.functionResponse)) {
    const { id, name, response } = part.functionResponse;
    builder.result(text(id) || builder.openCall(text(name)), JSON.stringify(response ?? {}));
  } else builder.leave(`a part of a message, \`${Object.keys(part).join(", ")}\``);
}

const textsOf = (content: Json | undefined): string =>
  typeof content === "string"
    ? content
    : objects(isFields(content) ? content.parts : undefined)
        .map((one) => text(one.text))
        .filter(Boolean)
        .join("\n\n");

/** `system_instruction` is `systemInstruction` too; what is within stays as it is. */
const camel = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, one: string) => one.toUpperCase()),
      value,
    ]),
  );

/** Gemini's schemas have types in capitals. */
function lowered(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(lowered);
  if (!isFields(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [
      name,
      name === "type" && typeof value === "string" ? value.toLowerCase() : lowered(value),
    ]),
  );
}
