"""Why an answer ended and what it used, as Converse and the hub say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.formats.bedrock_converse.passing import Stated, read_usage, spent
from torana.formats.chat_usage import usage_of, usage_to_chat
from torana.formats.json import UNREADABLE, as_object, as_text, dump

if TYPE_CHECKING:
    from torana.formats.json import Json

_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}
_BACK = {
    "stop": "end_turn",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "length": "max_tokens",
    "content_filter": "content_filtered",
    "error": "malformed_model_output",
}
_STOP_PATH = "/stop_sequence"


def finish_to_chat(ended: Json, *, has_calls: bool) -> Json:
    """A choice's fields: of a reply, or of the event `messageStop`."""
    native = as_text(ended.get("stopReason"))
    told: Json = {
        "finish_reason": _REASONS.get(native) or ("tool_calls" if has_calls else "stop"),
        "native_finish_reason": native or None,
    }
    met = as_object(ended.get("additionalModelResponseFields")).get("stop_sequence")
    if isinstance(met, str):
        told["stop_sequence"] = met
    return told


def finish_from_chat(choice: Json, request: Json) -> Json:
    """The same, back; the stop sequence where the client asked for it."""
    native, met = as_text(choice.get("native_finish_reason")), as_text(choice.get("stop_sequence"))
    reason = native if native in _REASONS else _BACK.get(as_text(choice.get("finish_reason")), "end_turn")
    told: Json = {"stopReason": "stop_sequence" if met and reason == "end_turn" else reason}
    paths = request.get("additionalModelResponseFieldPaths")
    if met and isinstance(paths, list) and _STOP_PATH in paths:
        told["additionalModelResponseFields"] = {"stop_sequence": met}
    return told


def used_to_chat(told: Json) -> Json | None:
    """Of a reply, or of the event `metadata`."""
    stated = told.get("usage")
    if not isinstance(stated, dict):
        return None
    try:
        usage = spent(msgspec.convert(stated, Stated, strict=False))
    except UNREADABLE:
        usage = read_usage(dump({"usage": stated}) or b"")  # what can be read of it
    return None if usage is None else usage_to_chat(usage)


def used_from_chat(stated: object) -> Json | None:
    """Converse counts what was cached apart."""
    usage = usage_of(stated)
    if usage is None:
        return None
    made: Json = {
        "inputTokens": max(usage.tokens_in - usage.cached_tokens_in - usage.cache_write_tokens_in, 0),
        "outputTokens": usage.tokens_out,
        "totalTokens": usage.tokens_in + usage.tokens_out,
    }
    if usage.cached_tokens_in or usage.cache_write_tokens_in:
        made["cacheReadInputTokens"] = usage.cached_tokens_in
        made["cacheWriteInputTokens"] = usage.cache_write_tokens_in
    return made
