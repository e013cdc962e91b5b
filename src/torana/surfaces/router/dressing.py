"""Answers of the hub in OpenRouter's dress, whole (openrouter.md 3.1)."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from torana.exchange import Usage
from torana.formats.chat_usage import usage_of
from torana.formats.json import Json, as_index, as_list, as_object, as_text
from torana.formats.reasoning import details_of
from torana.surfaces.router.costs import Cost
from torana.surfaces.router.errors import chat_error
from torana.surfaces.router.failures import from_error

_REASONS = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
    "function_call": "tool_calls",
    "max_tokens": "length",
    "model_length": "length",
    "insufficient_system_resource": "error",
    "abort": "error",
    "safety": "content_filter",
    "refusal": "content_filter",
}
_THOUGHTS = frozenset({"reasoning", "reasoning_content", "reasoning_details"})
_IN = ("cached_tokens", "cache_write_tokens", "audio_tokens", "video_tokens")
_OUT = ("reasoning_tokens", "image_tokens", "audio_tokens")


class Dress(Struct, kw_only=True):
    """What of an answer is the router's."""

    id: str
    """`gen-…`."""
    created: int
    """Unix seconds."""
    model: str
    """The concrete one, as callers name it."""
    provider: str
    """For people."""
    price: Callable[[Usage], Cost]
    is_byok: bool = False
    service_tier: str | None = None
    """The one that served; None = as the provider says."""
    metadata: Json | None = None
    """`openrouter_metadata`, where it was asked for. May be set until the answer ends."""
    hides_reasoning: bool = False
    tool_use: Json | None = None
    """`server_tool_use_details`, where the router used tools for it."""
    estimate: Callable[[int], Usage] | None = None
    """What was used, by the characters of an answer whose provider does not say; None = nothing."""

    def envelope(self, kind: str) -> Json:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "provider": self.provider,
        }


class Ending(Struct):
    """What is known of an answer once it is over."""

    usage: Usage
    cost: Cost
    finish_reason: str = ""
    """Of its first choice; empty = it has none."""
    native_finish_reason: str = ""
    upstream_id: str = ""
    """What the provider calls it."""
    characters: int = 0
    """Of all that was said and thought."""
    images: int = 0
    error: Json | None = None
    """`{code, message, metadata}` where it failed underway."""
    is_estimated: bool = False
    """The provider did not say what was used."""


def reply(chat: Json, dress: Dress) -> Json:
    """The whole body."""
    end = ending(chat, dress)
    body = dress.envelope("chat.completion")
    body["system_fingerprint"] = chat.get("system_fingerprint")
    body["service_tier"] = dress.service_tier or chat.get("service_tier")
    body["choices"] = [_choice(as_object(each), dress) for each in as_list(chat.get("choices"))]
    body["usage"] = usage_told(end, chat.get("usage"), dress)
    if dress.metadata is not None:
        body["openrouter_metadata"] = dress.metadata
    return body


def ending(chat: Json, dress: Dress) -> Ending:
    """The same of a whole answer as `DressedStream.ending` has of a stream."""
    choices = [as_object(each) for each in as_list(chat.get("choices"))]
    first = choices[0] if choices else {}
    reason, native = reasons(first)
    messages = [as_object(choice.get("message")) for choice in choices]
    end = settled(
        chat.get("usage"),
        dress,
        reason or "",
        sum(map(characters, messages)),
        error=_error(first, dress),
    )
    end.native_finish_reason = native or ""
    end.upstream_id = as_text(chat.get("id"))
    end.images = sum(len(as_list(message.get("images"))) for message in messages)
    return end


def settled(stated: object, dress: Dress, reason: str, said: int, *, error: Json | None = None) -> Ending:
    """What an answer used and costs. One that came to nothing costs nothing (openrouter.md 4.8)."""
    usage, is_estimated = usage_of(stated), False
    if usage is None:
        is_estimated = True
        usage = Usage() if dress.estimate is None else dress.estimate(said)
    price = dress.price(usage)
    if reason == "error" or (not reason and usage.tokens_out == 0):
        price = price.insured()
    return Ending(usage, price, reason, characters=said, error=error, is_estimated=is_estimated)


def _choice(choice: Json, dress: Dress) -> Json:
    reason, native = reasons(choice)
    message = as_object(choice.get("message"))
    told: Json = {
        "index": as_index(choice.get("index")),
        "logprobs": choice.get("logprobs"),
        "finish_reason": reason,
        "native_finish_reason": native,
        "message": _message(message, dress),
    }
    if error := _error(choice, dress):
        told["error"] = error
    return told | {name: value for name, value in choice.items() if name not in told}


def _error(choice: Json, dress: Dress) -> Json | None:
    """Of a choice that failed underway: the answer is a 200 all the same (openrouter.md 3.2)."""
    if not choice.get("error"):
        return None
    return chat_error(*from_error(choice, dress.provider, dress.is_byok, dress.model))


def _message(message: Json, dress: Dress) -> Json:
    told: Json = {"role": "assistant", "content": message.get("content"), "refusal": message.get("refusal")}
    details = [] if dress.hides_reasoning else details_of(message)
    told["reasoning"] = thought_in(details) if details else None
    if details:
        told["reasoning_details"] = details
    more = {name: value for name, value in message.items() if name not in told and name not in _THOUGHTS}
    return told | {name: value for name, value in more.items() if value is not None}


def thought_in(details: list[Json]) -> str | None:
    """What of it can be read; None where all is sealed."""
    texts = [as_text(each.get("text")) or as_text(each.get("summary")) for each in details]
    return "".join(texts) or None


def reasons(choice: Json) -> tuple[str | None, str | None]:
    """Why a choice ended, in the five words of OpenRouter and in the provider's own; None = it has not."""
    given = as_text(choice.get("finish_reason"))
    if not given:
        return None, as_text(choice.get("native_finish_reason")) or None
    native = as_text(choice.get("native_finish_reason")) or given
    return _REASONS.get(given.lower(), "stop"), native


def characters(message: Json) -> int:
    """How much a message or a delta says, thinks and calls."""
    said = len(as_text(message.get("content"))) + len(as_text(message.get("refusal")))
    said += sum(len(as_text(each.get("text"))) + len(as_text(each.get("summary"))) for each in details_of(message))
    for call in map(as_object, as_list(message.get("tool_calls"))):
        inner = as_object(call.get("function")) or as_object(call.get("custom"))
        said += len(as_text(inner.get("name"))) + len(as_text(inner.get("arguments") or inner.get("input")))
    return said


def usage_told(end: Ending, stated: object, dress: Dress) -> Json:
    """`usage` with all its details; counts that only the provider's own usage has are taken from there."""
    used, given = end.usage, as_object(stated)
    counted = {
        "cached_tokens": used.cached_tokens_in,
        "cache_write_tokens": used.cache_write_tokens_in,
        "audio_tokens": used.audio_tokens_in,
    }
    counted_out = {"reasoning_tokens": used.reasoning_tokens_out, "audio_tokens": used.audio_tokens_out}
    money = end.cost.told()
    told: Json = {
        "prompt_tokens": used.tokens_in,
        "completion_tokens": used.tokens_out,
        "total_tokens": used.tokens_in + used.tokens_out,
        "cost": money["cost"],
        "is_byok": money["is_byok"],
        "prompt_tokens_details": _details(_IN, counted, given.get("prompt_tokens_details")),
        "cost_details": money["cost_details"],
        "completion_tokens_details": _details(_OUT, counted_out, given.get("completion_tokens_details")),
    }
    if dress.tool_use is not None:
        told["server_tool_use_details"] = dress.tool_use
    return told


def _details(names: tuple[str, ...], counted: dict[str, int], stated: object) -> dict[str, int]:
    given = as_object(stated)
    return {name: counted[name] if name in counted else max(0, as_index(given.get(name))) for name in names}
