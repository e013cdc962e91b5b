"""OpenAI Responses: a stream of events, the last of which carries the whole response."""

from __future__ import annotations

from torana.formats.openai_chat.errors import error_from_chat, error_to_chat
from torana.formats.openai_responses.passing import FORMAT
from torana.formats.openai_responses.reply_from_chat import reply_from_chat
from torana.formats.openai_responses.reply_to_chat import reply_to_chat
from torana.formats.openai_responses.request_from_chat import request_from_chat
from torana.formats.openai_responses.request_to_chat import request_to_chat
from torana.formats.openai_responses.stream_from_chat import StreamFromChat
from torana.formats.openai_responses.stream_to_chat import StreamToChat
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
