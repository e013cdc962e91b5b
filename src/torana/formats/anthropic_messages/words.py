"""Why an answer ended, and what it used, in Anthropic's words and the hub's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.formats.anthropic_messages.passing import Stated
from torana.formats.chat_usage import usage_of
from torana.formats.json import UNREADABLE, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json

_TO_CHAT = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "compaction": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_FROM_CHAT = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}


def finish_to_chat(reason: str) -> str:
    return _TO_CHAT.get(reason, "stop")


def finish_from_chat(choice: Json, *, has_calls: bool, has_refused: bool = False) -> tuple[str, str | None]:
    """The stop reason, and the stop sequence that was met."""
    finish, native = as_text(choice.get("finish_reason")), as_text(choice.get("native_finish_reason"))
    sequence = as_text(choice.get("stop_sequence")) or None
    if native in _TO_CHAT and _TO_CHAT[native] == finish:
        return native, sequence
    reason = _FROM_CHAT.get(finish, "end_turn")
    if reason == "end_turn":
        if has_calls:
            return "tool_use", None  # some providers say `stop` of calls too
        if has_refused:
            return "refusal", None
        if sequence is not None:
            return "stop_sequence", sequence
    return reason, sequence


def stated_of(usage: object) -> Stated | None:
    """Of the `usage` of a message or an event."""
    try:
        return msgspec.convert(usage, Stated, strict=False) if isinstance(usage, dict) else None
    except UNREADABLE:
        return None


def usage_from_chat(stated: object) -> Json:
    """What was read from a cache or written to one stands apart from the rest of the input."""
    usage = usage_of(stated)
    if usage is None:
        return {"input_tokens": 0, "output_tokens": 0}
    told: Json = {
        "input_tokens": max(0, usage.tokens_in - usage.cached_tokens_in - usage.cache_write_tokens_in),
        "cache_creation_input_tokens": usage.cache_write_tokens_in,
        "cache_read_input_tokens": usage.cached_tokens_in,
        "output_tokens": usage.tokens_out,
    }
    if usage.reasoning_tokens_out:
        told["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens_out}
    return told
