"""Google's generateContent, of Gemini and Vertex; streamed as events, or as one JSON array."""

from torana.formats.gemini.errors import error_from_chat, error_to_chat
from torana.formats.gemini.passing import FORMAT
from torana.formats.gemini.reply import reply_from_chat, reply_to_chat
from torana.formats.gemini.request_from_chat import request_from_chat
from torana.formats.gemini.request_to_chat import request_to_chat
from torana.formats.gemini.stream_from_chat import StreamFromChat
from torana.formats.gemini.stream_to_chat import StreamToChat
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
