"""Legacy text completions of OpenAI and those who followed."""

from __future__ import annotations

from torana.formats.completions.passing import FORMAT
from torana.formats.completions.reply import reply_from_chat, reply_to_chat
from torana.formats.completions.request import request_from_chat, request_to_chat
from torana.formats.completions.stream import StreamFromChat, StreamToChat
from torana.formats.openai_chat.errors import error_from_chat, error_to_chat
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
)
