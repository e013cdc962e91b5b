"""Anthropic Messages, from Anthropic and from those who host or speak it."""

from torana.formats.anthropic_messages.errors import error_from_chat, error_to_chat
from torana.formats.anthropic_messages.passing import FORMAT
from torana.formats.anthropic_messages.reply import reply_from_chat, reply_to_chat
from torana.formats.anthropic_messages.request_from_chat import request_from_chat
from torana.formats.anthropic_messages.request_to_chat import count_request_to_chat, request_to_chat
from torana.formats.anthropic_messages.stream_from_chat import StreamFromChat
from torana.formats.anthropic_messages.stream_to_chat import StreamToChat
from torana.formats.translation import Translator

__all__ = ["FORMAT", "TRANSLATOR", "count_request_to_chat"]

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
