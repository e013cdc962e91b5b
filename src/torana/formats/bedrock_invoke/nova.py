"""Nova behind InvokeModel: what Converse has, but for files and what Bedrock itself sees to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.bedrock_converse import TRANSLATOR as CONVERSE
from torana.formats.bedrock_invoke.nova_streams import StreamFromChat, StreamToChat, renamed_usage
from torana.formats.bedrock_invoke.passing import FORMAT
from torana.formats.documents import text_in_file, title_of_file
from torana.formats.fields import Place, entries, items, move, untranslatable
from torana.formats.json import as_object
from torana.formats.parts import entries_of
from torana.formats.translation import Translator

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief, Turn

NAME = "bedrock_invoke_nova"
_VERSION = "messages-v1"
_OWN = ("topK", "reasoningConfig")
"""Fields of Nova's `inferenceConfig` that Converse has elsewhere."""
_NOT_THERE = ("service_tier", "metadata")
"""What Converse takes in a body, and InvokeModel in headers or not at all."""
_TOLD = ("system", "messages", "inferenceConfig", "toolConfig")


def request_to_chat(body: Json, brief: Brief) -> Json:
    """The model, and whether a stream is wanted, are in the path."""
    config = entries(body.get("inferenceConfig") or {}, "inferenceConfig")
    own = {name: value for name in _OWN if (value := config.pop(name, None)) is not None}
    body.pop("schemaVersion", None)
    body["inferenceConfig"] = config
    if own:
        body["additionalModelRequestFields"] = {"inferenceConfig": own}
    return CONVERSE.request_to_chat(body, brief)


def request_from_chat(chat: Json, brief: Brief) -> Json:
    for number, message in enumerate(items(chat.get("messages"), "messages")):
        if isinstance(message, dict) and isinstance(content := message.get("content"), list):
            _unfile(content, (("messages", number), "content"))
    for name in _NOT_THERE:
        if chat.pop(name, None) is not None:
            brief.drop(name)
    if "response_format" in chat and as_object(chat["response_format"]).get("type") == "json_schema":
        raise untranslatable("response_format", "a JSON schema", NAME)
    told = CONVERSE.request_from_chat(chat, brief)
    if "additionalModelRequestFields" in told:
        own = as_object(told["additionalModelRequestFields"])
        config = as_object(told.setdefault("inferenceConfig", {}))
        move(as_object(own.get("inferenceConfig")), config, "topK")
        move(own, config, "reasoningConfig")
    return {"schemaVersion": _VERSION} | {name: told[name] for name in _TOLD if told.get(name)}


def _unfile(content: list[object], where: Place) -> None:
    """Files are Converse's alone: those of plain text are told as such."""
    for number, (at, part) in enumerate(entries_of(content, where)):
        if part.get("type") != "file":
            continue
        text = text_in_file(part, at)
        if text is None:
            raise untranslatable(at, "a file", NAME)
        title = title_of_file(part)
        told: Json = {"type": "text", "text": f"{title}\n\n{text}" if title else text}
        move(part, told, "cache_control")
        content[number] = told


def _reply_from_chat(reply: Json, turn: Turn) -> Json:
    told = CONVERSE.reply_from_chat(reply, turn)
    return {
        "output": told["output"],
        "stopReason": told["stopReason"],
        "usage": renamed_usage(as_object(told["usage"])),
    }


TRANSLATOR = Translator(
    NAME,
    request_to_chat,
    request_from_chat,
    CONVERSE.reply_to_chat,
    _reply_from_chat,
    StreamToChat,
    StreamFromChat,
    CONVERSE.error_to_chat,
    CONVERSE.error_from_chat,
    inlines=CONVERSE.inlines,
    format=FORMAT.name,
)
