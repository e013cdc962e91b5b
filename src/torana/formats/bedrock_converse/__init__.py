"""Amazon Bedrock Converse and ConverseStream."""

from torana.formats.bedrock_converse.errors import error_from_chat, error_to_chat
from torana.formats.bedrock_converse.passing import FORMAT
from torana.formats.bedrock_converse.reply import reply_from_chat, reply_to_chat
from torana.formats.bedrock_converse.request_from_chat import request_from_chat
from torana.formats.bedrock_converse.request_to_chat import request_to_chat
from torana.formats.bedrock_converse.stream_from_chat import StreamFromChat
from torana.formats.bedrock_converse.stream_to_chat import StreamToChat
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
    inlines=("image_url", "file", "video_url"),
)
