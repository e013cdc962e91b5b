"""Finish reasons, counts and probabilities, in Cohere's words and in the hub's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from torana.formats.chat_usage import usage_of, usage_to_chat
from torana.formats.cohere import passing
from torana.formats.json import UNREADABLE, as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json

NAME = "cohere"

_TO_CHAT = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR": "error",
    "TIMEOUT": "error",
    "ERROR_TOXIC": "content_filter",
    "ERROR_LIMIT": "length",
    "USER_CANCEL": "stop",
}
_FROM_CHAT = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL", "function_call": "TOOL_CALL"}
_WORDS = frozenset({"COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "ERROR", "TIMEOUT"})


def reason_to_chat(word: str) -> str:
    return _TO_CHAT.get(word, "stop")


def reason_from_chat(choice: Json) -> str:
    native = as_text(choice.get("native_finish_reason"))
    if native in _WORDS:
        return native
    if choice.get("stop_sequence"):
        return "STOP_SEQUENCE"
    reason = as_text(choice.get("finish_reason"))
    return _FROM_CHAT.get(reason, "ERROR" if reason else "COMPLETE")


def counts_to_chat(stated: object) -> Json | None:
    """Of Cohere's `usage`."""
    if not isinstance(stated, dict):
        return None
    try:
        usage = passing.spent(msgspec.convert(stated, passing.Stated, strict=False))
    except UNREADABLE:
        return None
    return None if usage is None else usage_to_chat(usage)


def counts_from_chat(stated: object) -> Json | None:
    usage = usage_of(stated)
    if usage is None:
        return None
    counts = {"input_tokens": usage.tokens_in, "output_tokens": usage.tokens_out}
    made: Json = {"billed_units": counts, "tokens": dict(counts)}
    if usage.cached_tokens_in:
        made["cached_tokens"] = usage.cached_tokens_in
    return made


def logprobs_to_chat(found: list[object]) -> Json:
    """A piece of several tokens is told as one, whose probability is that of all."""
    return {"content": [_told(as_object(each)) for each in found]}


def _told(item: Json) -> Json:
    parts = [float(each) for each in as_list(item.get("logprobs")) if isinstance(each, int | float)]
    token = as_text(item.get("text"))
    logprob = parts[0] if len(parts) == 1 else sum(parts)
    return {"token": token, "logprob": logprob, "bytes": list(token.encode("utf-8", "replace")), "top_logprobs": []}


def logprobs_from_chat(logprobs: object) -> list[Json]:
    return [
        {"text": as_text(each.get("token")), "token_ids": [], "logprobs": [each.get("logprob")]}
        for each in map(as_object, as_list(as_object(logprobs).get("content")))
    ]
