"""Cohere chat, versions 1 (JSON lines when streamed; read in passing alone) and 2 (events)."""

from __future__ import annotations

from torana.formats.cohere.errors import error_from_chat
from torana.formats.cohere.passing import FORMAT
from torana.formats.cohere.reply import reply_from_chat, reply_to_chat
from torana.formats.cohere.request_from_chat import request_from_chat
from torana.formats.cohere.request_to_chat import request_to_chat
from torana.formats.cohere.stream_from_chat import StreamFromChat
from torana.formats.cohere.stream_to_chat import StreamToChat
from torana.formats.openai_chat.errors import error_to_chat
from torana.formats.translation import Translator

__all__ = ["FORMAT", "TRANSLATOR"]

TRANSLATOR = Translator(
    FORMAT.name,
    request_to_chat,
    request_from_chat,
    reply_to_chat,
    reply_from_chat,
    StreamToChat,
    StreamFromChat,
    error_to_chat,
    error_from_chat,
    inlines=("file",),
)
