"""Claude behind InvokeModel: Anthropic's messages, but for the model's name, which the path has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.anthropic_messages import TRANSLATOR as MESSAGES
from torana.formats.anthropic_messages.models import traits_of
from torana.formats.anthropic_messages.request_from_chat import body_from_chat
from torana.formats.bedrock_converse.errors import error_from_chat, error_to_chat
from torana.formats.bedrock_invoke.claude_streams import StreamFromChat, StreamToChat
from torana.formats.bedrock_invoke.passing import FORMAT
from torana.formats.fields import Place, entries, items, text, untranslatable
from torana.formats.json import as_list, as_object, as_text
from torana.formats.parts import entries_of, split_data_url
from torana.formats.translation import Translator

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Brief

NAME = "bedrock_invoke_claude"
_VERSION = "bedrock-2023-05-31"
_NOT_THERE = ("web_search_options", "service_tier")
"""What Anthropic has itself, and Bedrock not in a body."""
_MOST_TOKENS = 32_000
"""Where the client does not say: Bedrock takes them off the account's quota before it answers."""


def request_to_chat(body: Json, brief: Brief) -> Json:
    """The model, and whether a stream is wanted, are in the path."""
    body.pop("anthropic_beta", None)
    return MESSAGES.request_to_chat(body, brief)


def request_from_chat(chat: Json, brief: Brief) -> Json:
    for number, message in enumerate(items(chat.get("messages"), "messages")):
        if isinstance(message, dict) and isinstance(content := message.get("content"), list):
            _check(content, (("messages", number), "content"))
    for name in _NOT_THERE:
        if chat.pop(name, None) is not None:
            brief.drop(name)
    if chat.get("max_tokens") is None and chat.get("max_completion_tokens") is None:
        chat["max_tokens"] = min(_MOST_TOKENS, traits_of(as_text(chat.get("model"))).most_tokens)
    mark = chat.pop("cache_control", None)
    told = body_from_chat(chat, brief)
    if mark is not None:
        _mark_last(told, mark)
    del told["model"]
    told.pop("stream", None)
    return {"anthropic_version": _VERSION} | told


def _check(content: list[object], where: Place) -> None:
    """Bedrock fetches nothing, and keeps no files."""
    for at, part in entries_of(content, where):
        if part.get("type") == "file":
            file = entries(part.get("file"), (at, "file"))
            if file.get("file_id") is not None:
                raise untranslatable((at, "file.file_id"), "a file of another's store", NAME)
            _check_url(file.get("file_data"), (at, "file.file_data"))
        elif part.get("type") == "image_url":
            _check_url(entries(part.get("image_url"), (at, "image_url")).get("url"), (at, "image_url.url"))


def _check_url(url: object, where: Place) -> None:
    if split_data_url(text(url, where)) is None:
        raise untranslatable(where, "a URL that is no data URL", NAME)


def _mark_last(body: Json, mark: object) -> None:
    """A mark of the whole request, which Bedrock does not know, stands on its last block."""
    turn = as_object((as_list(body["messages"]) or [None])[-1])
    content = turn.get("content")
    if isinstance(content, str):
        turn["content"] = content = [{"type": "text", "text": content}]
    for block in reversed(as_list(content)):
        if isinstance(block, dict) and as_text(block.get("type")) not in ("thinking", "redacted_thinking"):
            block.setdefault("cache_control", mark)
            break


TRANSLATOR = Translator(
    NAME,
    request_to_chat,
    request_from_chat,
    MESSAGES.reply_to_chat,
    MESSAGES.reply_from_chat,
    StreamToChat,
    StreamFromChat,
    error_to_chat,
    error_from_chat,
    inlines=("image_url", "file"),
    format=FORMAT.name,
)
