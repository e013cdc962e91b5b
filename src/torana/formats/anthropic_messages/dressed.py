"""What OpenRouter adds to messages (openrouter.md 2.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object
from torana.formats.openrouter import costs, messages_error

if TYPE_CHECKING:
    from torana.formats.json import Json
    from torana.formats.translation import Turn

_STANDARD, _PRIORITY = "standard", "priority"
_TIERS = {"default": _STANDARD, "auto": _STANDARD}
_UNSAID: Json = {
    "output_tokens_details": None,
    "cache_creation_input_tokens": None,
    "cache_read_input_tokens": None,
    "cache_creation": None,
    "inference_geo": None,
    "server_tool_use": None,
}
"""Counts that stand there also where there are none."""


def dressed_reply(told: Json, reply: Json, turn: Turn) -> Json:
    """`told` is the message as Anthropic would have it, `reply` the dressed hub."""
    made = _message(told, reply, turn)
    made["usage"] = _usage(as_object(told.get("usage")), reply)
    choice = as_object(next(iter(as_list(reply.get("choices"))), None))
    if choice.get("error"):  # a message has no word for an end by failure: it must not look like any other
        made["error"] = messages_error(as_object(choice["error"]), turn.generation)["error"]
    return _with_metadata(made, reply)


def dressed_start(message: Json, chunk: Json, turn: Turn) -> Json:
    made = _message(message, chunk, turn)
    made["usage"] = _usage({"input_tokens": 0, "output_tokens": 0}, {})
    return made


def dressed_delta(event: Json, chunk: Json) -> Json:
    delta = {"container": None, "stop_details": None, **as_object(event["delta"])}
    usage = _usage(as_object(event["usage"]), chunk)
    return {"type": event["type"], "delta": delta, "usage": usage, "context_management": None}


def dressed_stop(event: Json, chunk: Json) -> Json:
    return _with_metadata(event, chunk)


def _message(message: Json, source: Json, turn: Turn) -> Json:
    made: Json = {"id": turn.generation, "type": "message", "role": "assistant", "container": None}
    made |= {"stop_details": None, **message, "id": turn.generation}
    if "provider" in source:
        made["provider"] = source["provider"]
    return made


def _usage(told: Json, source: Json) -> Json:
    tier = source.get("service_tier")
    tier = _TIERS.get(tier, tier) if isinstance(tier, str) else _STANDARD
    speed = "fast" if tier == _PRIORITY else _STANDARD
    return {**_UNSAID, **told, "service_tier": tier, "speed": speed, **costs(source.get("usage"))}


def _with_metadata(made: Json, source: Json) -> Json:
    if "openrouter_metadata" in source:
        made["openrouter_metadata"] = source["openrouter_metadata"]
    return made
