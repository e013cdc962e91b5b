/** Content blocks of all formats: their types' names do not clash, so one table reads them. */

import {
  dataUrl,
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  type Part,
  pictureUrl,
  shown,
  textOf,
} from "@/pages/logs/conversation/model";

/** The content of a message: text, one block, or a list of either. */
export function partsOf(content: unknown): Part[] {
  if (typeof content === "string") return content === "" ? [] : [{ kind: "text", text: content }];
  if (Array.isArray(content)) return content.flatMap((one) => partsOf(one));
  return isFields(content) ? blockOf(content) : [];
}

type Read = (block: Fields) => Part[];

const text: Read = (block) => partsOf(textOf(block.text));
const reasoning = (words: unknown): Part[] => (textOf(words) ? [{ kind: "reasoning", text: textOf(words) }] : []);
const call = (id: unknown, name: unknown, given: unknown): Part[] => [
  { kind: "call", id: textOf(id), name: textOf(name), given: shown(given) },
];
const result = (id: unknown, content: unknown, isError: unknown = false, name: unknown = ""): Part[] => [
  { kind: "result", id: textOf(id), name: textOf(name), isError: isError === true, parts: resultParts(content) },
];
const image = (url: unknown, name = "Image"): Part[] => [
  { kind: "image", url: pictureUrl(url), name: pictureUrl(url) ? name : textOf(url).slice(0, 200) || name },
];
const file = (name: unknown, type: unknown): Part[] => [
  { kind: "file", name: textOf(name) || "File", type: textOf(type) },
];

function resultParts(content: unknown): Part[] {
  const parts = partsOf(content);
  if (parts.length && parts.every((part) => part.kind !== "other")) return parts;
  return content === undefined || content === null || content === ""
    ? []
    : [{ kind: "other", name: "Result", json: shown(content) }];
}

/** Anthropic's `source`. */
function sourced(block: Fields, kind: "image" | "file"): Part[] {
  const source = fieldsOf(block.source);
  if (kind === "file") return file(block.title ?? source.file_id ?? source.url, source.media_type);
  if (source.type === "base64") return image(dataUrl(source.media_type, source.data));
  return image(source.url ?? source.file_id);
}

const READS: Record<string, Read> = {
  // OpenAI, chat completions
  text,
  image_url: (block) => image(fieldsOf(block.image_url).url ?? block.image_url),
  input_audio: (block) => {
    const audio = fieldsOf(block.input_audio);
    const type = `audio/${textOf(audio.format) || "wav"}`;
    return [{ kind: "audio", url: dataUrl(type, audio.data), name: type }];
  },
  file: (block) => {
    const given = fieldsOf(block.file);
    return file(given.filename ?? given.file_id, /^data:([^;,]+)/.exec(textOf(given.file_data))?.[1]);
  },
  refusal: (block) => [{ kind: "refusal", text: textOf(block.refusal) }],
  // OpenAI, responses
  input_text: text,
  output_text: text,
  summary_text: text,
  reasoning_text: (block) => reasoning(block.text),
  input_image: (block) => image(block.image_url ?? block.file_id),
  input_file: (block) => file(block.filename ?? block.file_id ?? block.file_url, ""),
  // Anthropic
  image: (block) => (block.source ? sourced(block, "image") : bedrockImage(fieldsOf(block.image))),
  document: (block) => sourced(block, "file"),
  thinking: (block) => reasoning(block.thinking),
  redacted_thinking: () => reasoning("(hidden by the provider)"),
  tool_use: (block) => call(block.id, block.name, block.input),
  server_tool_use: (block) => call(block.id, block.name, block.input),
  mcp_tool_use: (block) => call(block.id, block.name, block.input),
  tool_result: (block) => result(block.tool_use_id, block.content, block.is_error),
  mcp_tool_result: (block) => result(block.tool_use_id, block.content, block.is_error),
  web_search_tool_result: (block) => result(block.tool_use_id, shown(block.content)),
};

/** Blocks without a type: Gemini's and Bedrock's, told by the field that they have. */
const BY_FIELD: Record<string, Read> = {
  text: (block) => (block.thought === true ? reasoning(block.text) : text(block)),
  inlineData: (block) => inline(fieldsOf(block.inlineData)),
  inline_data: (block) => inline(fieldsOf(block.inline_data)),
  fileData: (block) => file(fieldsOf(block.fileData).fileUri, fieldsOf(block.fileData).mimeType),
  file_data: (block) => file(fieldsOf(block.file_data).file_uri, fieldsOf(block.file_data).mime_type),
  functionCall: (block) => geminiCall(fieldsOf(block.functionCall)),
  function_call: (block) => geminiCall(fieldsOf(block.function_call)),
  functionResponse: (block) => geminiResult(fieldsOf(block.functionResponse)),
  function_response: (block) => geminiResult(fieldsOf(block.function_response)),
  executableCode: (block) => call("", fieldsOf(block.executableCode).language, fieldsOf(block.executableCode).code),
  codeExecutionResult: (block) => result("", fieldsOf(block.codeExecutionResult).output),
  toolUse: (block) => {
    const use = fieldsOf(block.toolUse);
    return call(use.toolUseId, use.name, use.input);
  },
  toolResult: (block) => {
    const made = fieldsOf(block.toolResult);
    return result(made.toolUseId, made.content, made.status === "error");
  },
  reasoningContent: (block) => reasoning(fieldsOf(fieldsOf(block.reasoningContent).reasoningText).text),
  image: (block) => bedrockImage(fieldsOf(block.image)),
  document: (block) => file(fieldsOf(block.document).name, fieldsOf(block.document).format),
  json: (block) => [{ kind: "other", name: "JSON", json: shown(block.json) }],
};

function inline(data: Fields): Part[] {
  const type = textOf(data.mimeType ?? data.mime_type);
  const url = dataUrl(type, data.data);
  if (type.startsWith("image/")) return image(url);
  return type.startsWith("audio/") ? [{ kind: "audio", url, name: type }] : file(type, type);
}

const geminiCall = (given: Fields) => call(given.id, given.name, given.args);
const geminiResult = (given: Fields) => result(given.id, given.response, false, given.name);

function bedrockImage(given: Fields): Part[] {
  return image(dataUrl(`image/${textOf(given.format) || "png"}`, fieldsOf(given.source).bytes));
}

function blockOf(block: Fields): Part[] {
  const type = textOf(block.type);
  if (type) return READS[type]?.(block) ?? [{ kind: "other", name: type, json: shown(block) }];
  for (const [name, read] of Object.entries(BY_FIELD)) {
    if (block[name] !== undefined) return read(block);
  }
  return Object.keys(block).length ? [{ kind: "other", name: "Part", json: shown(block) }] : [];
}

/** The calls that a message of chat completions makes beside its content. */
export function callsOf(message: Fields): Part[] {
  const calls = listOf(message.tool_calls).flatMap((one) => {
    const { id, function: made, custom } = fieldsOf(one);
    const given = fieldsOf(made ?? custom);
    return call(id, given.name, given.arguments ?? given.input);
  });
  const old = fieldsOf(message.function_call);
  return old.name ? [...calls, ...call("", old.name, old.arguments)] : calls;
}

/** What a message of chat completions thought: by DeepSeek's name, OpenRouter's, and its details. */
export function thoughtsOf(message: Fields): Part[] {
  const plain = textOf(message.reasoning_content) || textOf(message.reasoning);
  if (plain) return reasoning(plain);
  const details = listOf(message.reasoning_details).map((one) => fieldsOf(one));
  return reasoning(details.map((one) => textOf(one.text) || textOf(one.summary)).join(""));
}

export const picturesOf = (message: Fields): Part[] => listOf(message.images).flatMap((one) => partsOf(one));
export const resultOf = result;
export const callOf = call;
export const reasoningOf = reasoning;
export const imageOf = image;
