"""How many tokens has a question? Asked and answered in the formats that have words for it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from torana.formats import anthropic_messages, gemini
from torana.formats.anthropic_messages.request_to_chat import count_request_to_chat as messages_to_chat
from torana.formats.gemini.counting import count_reply as gemini_reply
from torana.formats.gemini.counting import count_request_to_chat as gemini_to_chat
from torana.formats.json import Json
from torana.formats.translation import Brief

_COUNTED = frozenset({"model", "messages", "system", "tools", "tool_choice", "thinking", "mcp_servers"})
"""What Anthropic's count takes of a request."""


class Counting(Struct, frozen=True):
    request_to_chat: Callable[[Json, Brief], Json]
    request_from_chat: Callable[[Json, Brief], Json]
    tokens_in: Callable[[Json], object]
    """What a reply states."""
    reply: Callable[[int], Json]


def _messages_from_chat(chat: Json, brief: Brief) -> Json:
    body = anthropic_messages.TRANSLATOR.request_from_chat(chat, brief)
    return {name: value for name, value in body.items() if name in _COUNTED}


def _gemini_from_chat(chat: Json, brief: Brief) -> Json:
    model = f"models/{chat.get('model')}"
    return {"generateContentRequest": {"model": model, **gemini.TRANSLATOR.request_from_chat(chat, brief)}}


COUNTS = {
    "anthropic_messages": Counting(
        messages_to_chat, _messages_from_chat, lambda reply: reply.get("input_tokens"), lambda n: {"input_tokens": n}
    ),
    "gemini": Counting(gemini_to_chat, _gemini_from_chat, lambda reply: reply.get("totalTokens"), gemini_reply),
}
"""By the name of the format."""
