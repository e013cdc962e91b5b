"""Ollama's own chat (`api/chat`): JSON lines when streamed, which it is unless a client says otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.ollama.passing import FORMAT
from torana.formats.ollama.reply import reply_from_chat, reply_to_chat
from torana.formats.ollama.request_from_chat import request_from_chat
from torana.formats.ollama.request_to_chat import request_to_chat
from torana.formats.ollama.stream_from_chat import StreamFromChat
from torana.formats.ollama.stream_to_chat import StreamToChat
from torana.formats.openai_chat.errors import error_to_chat
from torana.formats.translation import Translator

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Failure

__all__ = ["FORMAT", "TRANSLATOR"]


def _error_from_chat(status: int, failure: Failure, id_: str) -> Json:  # noqa: ARG001  # a Translator's shape
    return {"error": failure.message}


TRANSLATOR = Translator(
    FORMAT.name,
    request_to_chat,
    request_from_chat,
    reply_to_chat,
    reply_from_chat,
    StreamToChat,
    StreamFromChat,
    error_to_chat,
    _error_from_chat,
    inlines=("image_url", "file"),
)
