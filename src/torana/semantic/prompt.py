"""What does a request ask? Its last text, and all the rest as one hash.

Two requests may be compared by their last text only where the rest is the same: model, system prompt, parameters,
earlier turns. What has tools, images or anything else but text in its last message is no plain question, and is not
taken.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.formats.json import UNREADABLE, Json, as_list, as_object

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_CHARACTERS = 500
"""Of the last text: the longer it is, the less one word weighs in its vector."""
MOST_TURNS = 3
"""Messages of the user, the last one included."""
_REST_BYTES = 24
_MOST_BODY = 256 << 10
_TOOLS = (
    *("tools", "functions", "tool_config", "toolConfig", "tool_choice", "mcp_servers", "container", "conversation"),
    *("previous_response_id", "background", "prediction", "audio", "web_search_options", "plugins"),
)
"""With these an answer is more than words, or depends on more than the request says."""
_decode = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder(order="deterministic").encode


class Prompt(Struct, frozen=True):
    text: str
    rest: bytes
    """All else of the request, hashed."""


def take_apart(format_: str, body: bytes) -> Prompt | None:
    """None where the body, of a format by its name, is no plain question. Never raises."""
    take = _TAKERS.get(format_)
    if take is None or len(body) > _MOST_BODY:
        return None
    try:
        whole = _decode(body)
        if any(whole.get(name) for name in _TOOLS):
            return None
        text = take(whole)
        # What was taken out left a null, so that no text of one request stands for the structure of another.
        return None if text is None else Prompt(text, blake2b(_encode(whole), digest_size=_REST_BYTES).digest())
    except UNREADABLE:
        return None


def _chat(whole: Json) -> str | None:
    return _last(whole.get("messages"), "content", "text")


def _responses(whole: Json) -> str | None:
    if isinstance(given := whole.get("input"), str):
        whole["input"] = None
        return _fitting(given)
    return _last(given, "content", "input_text")


def _gemini(whole: Json) -> str | None:
    return _last(whole.get("contents"), "parts", None)


def _last(messages: object, field: str, kind: str | None) -> str | None:
    """Takes the text out of the last message; `kind` is the type that a part of text has, where it has one."""
    turns = as_list(messages)
    asked = [turn for turn in turns if as_object(turn).get("role", "user") == "user"]
    if not asked or len(asked) > MOST_TURNS or asked[-1] is not turns[-1]:
        return None
    last = as_object(asked[-1])
    content = last.get(field)
    if isinstance(content, str):
        last[field] = None
        return _fitting(content)
    parts = as_list(content)
    part = as_object(parts[0]) if len(parts) == 1 else {}
    text = part.get("text")
    if not isinstance(text, str) or part.get("type") != kind or not set(part) <= {"type", "text"}:
        return None
    part["text"] = None
    return _fitting(text)


def _fitting(text: str) -> str | None:
    return text if len(text.strip()) > 0 and len(text) <= MOST_CHARACTERS else None


_TAKERS: dict[str, Callable[[Json], str | None]] = {
    "openai_chat": _chat,
    "openai_responses": _responses,
    "anthropic_messages": _chat,
    "gemini": _gemini,
}
