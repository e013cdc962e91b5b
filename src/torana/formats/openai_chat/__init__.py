"""OpenAI chat completions, with what OpenRouter and the other providers of this form add: the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object
from torana.formats.openai_chat.errors import error_from_chat, error_to_chat
from torana.formats.openai_chat.passing import FORMAT
from torana.formats.openai_chat.request import request_from_chat, request_to_chat
from torana.formats.openai_chat.stream import StreamFromChat, StreamToChat
from torana.formats.openai_chat.thinking import untangled
from torana.formats.openrouter import with_readable_sources
from torana.formats.translation import Translator

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn

__all__ = ["FORMAT", "TRANSLATOR"]


def _reply_to_chat(reply: Json, turn: Turn) -> Json:  # noqa: ARG001  # a Translator's shape
    choices = [as_object(choice) for choice in as_list(reply.get("choices"))]
    return {**reply, "choices": [{**c, "message": untangled(as_object(c.get("message")))} for c in choices]}


def _reply_from_chat(reply: Json, turn: Turn) -> Json:
    if turn.generation:
        return with_readable_sources(reply, "message")
    envelope = {"id": f"chatcmpl-{turn.id}", "object": "chat.completion", "created": turn.created}
    return {**envelope, **reply, "model": turn.model}


TRANSLATOR = Translator(
    FORMAT.name,
    request_to_chat,
    request_from_chat,
    _reply_to_chat,
    _reply_from_chat,
    StreamToChat,
    StreamFromChat,
    error_to_chat,
    error_from_chat,
)
