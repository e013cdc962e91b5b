"""OpenAI chat completions, with what OpenRouter and the other providers of this form add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.exchange import Format, Usage
from torana.formats.counts import Count
from torana.formats.joining import child, grow, in_order, join_texts, objects, overlay, slot
from torana.formats.json import Json, Reader, as_list, as_object, as_text, dump, read_request
from torana.formats.meter import EventMeter
from torana.formats.openai_usage import Stated, spent

if TYPE_CHECKING:
    from torana.exchange import Meter

_MARKER = b"_token"
"""In each `…_tokens` of a usage, and in the `…_per_token_ms` of `_Timings`."""

_GROWS = ("content", "reasoning", "reasoning_content", "reasoning_details", "refusal", "annotations", "images")
"""Fields of a delta that are pieces; of others the last one counts."""
_OBJECTS = ("function_call", "audio")
_CALLS = ("function", "custom")
"""What a tool call is of."""


class _Groq(Struct, gc=False):
    usage: Stated | None = None


class _Timings(Struct, gc=False):
    """llama.cpp's, at the end of a stream that was not asked for its usage."""

    prompt_n: Count | None = None
    """Without the tokens that its cache held."""
    cache_n: Count | None = None
    predicted_n: Count | None = None


class _Reply(Struct, gc=False):
    """A whole reply, or a chunk of one."""

    usage: Stated | None = None
    x_groq: _Groq | None = None
    timings: _Timings | None = None


_replies = Reader(_Reply)


def read_usage(body: bytes) -> Usage | None:
    reply = _replies.read(body)
    if reply is None:
        return None
    if reply.usage is None and reply.x_groq is not None:
        return spent(reply.x_groq.usage)
    if reply.usage is None and reply.timings is not None:
        return _timed(reply.timings)
    return spent(reply.usage)


def _timed(timings: _Timings) -> Usage | None:
    read, cached, written = timings.prompt_n, timings.cache_n, timings.predicted_n
    # Older servers do not say what the cache held: then the prompt is not known.
    if read is None or cached is None or written is None:
        return None
    return Usage(read + cached, written, cached_tokens_in=cached)


def meter() -> Meter:
    return EventMeter(_MARKER, read_usage)


def assemble(stream: bytes) -> bytes | None:
    chunks = objects(stream)
    return dump(joined(chunks)) if chunks else None


def joined(chunks: list[Json]) -> Json:
    """Of the chunks of one stream, the completion."""
    whole: Json = {}
    choices: dict[int, Json] = {}
    for chunk in chunks:
        overlay(whole, chunk, skip=("choices",))
        for choice in as_list(chunk.get("choices")):
            if isinstance(choice, dict):
                _join_choice(slot(choices, choice.get("index", 0)), choice)
    if whole.get("object") == "chat.completion.chunk":
        whole["object"] = "chat.completion"
    if choices:
        whole["choices"] = [_finish(choice) for choice in in_order(choices)]
    groq = as_object(whole.get("x_groq"))
    if "usage" in groq and not whole.get("usage"):
        whole["usage"] = groq["usage"]
    return whole


def _join_choice(choice: Json, piece: Json) -> None:
    overlay(choice, piece, skip=("delta", "message", "logprobs"))
    logprobs = piece.get("logprobs")
    if isinstance(logprobs, dict):
        for name, tokens in logprobs.items():
            grow(child(choice, "logprobs"), name, tokens)
    else:
        overlay(choice, {"logprobs": logprobs} if "logprobs" in piece else {})
    if isinstance(delta := piece.get("delta"), dict):
        _join_delta(child(choice, "message"), delta)
    elif isinstance(piece.get("message"), dict):
        choice["message"] = piece["message"]


def _join_delta(message: Json, delta: Json) -> None:
    for name, value in delta.items():
        if name == "content" and (isinstance(value, list) or isinstance(message.get(name), list)):
            if not isinstance(message.get(name), list):
                message[name] = _parts(message.get(name))
            as_list(message[name]).extend(_parts(value))
        elif name in _GROWS:
            grow(message, name, value)
        elif name in _OBJECTS:
            _join_object(child(message, name), as_object(value))
        elif name != "tool_calls":
            overlay(message, {name: value})
        elif value:
            join_calls(message, as_list(value))


def _parts(content: object) -> list[object]:
    """Mistral mixes both forms of content in one stream."""
    return content if isinstance(content, list) else [{"type": "text", "text": as_text(content)}] if content else []


def _join_object(base: Json, piece: Json) -> None:
    """A call (`arguments` or `input` in pieces) or audio (`data` and `transcript` in pieces)."""
    for name, value in piece.items():
        if name in ("arguments", "input", "data", "transcript"):
            grow(base, name, value)
        elif value or name not in base:
            base[name] = value


def join_calls(message: Json, pieces: list[object]) -> None:
    if not isinstance(message.get("tool_calls"), list):
        message["tool_calls"] = []
    calls = as_list(message["tool_calls"])
    for piece in pieces:
        if isinstance(piece, dict):
            call = _call_of(calls, piece)
            overlay(call, piece, skip=("id", "type", *_CALLS))
            for name in ("id", "type"):
                if piece.get(name) and not call.get(name):
                    call[name] = piece[name]
            for name in _CALLS:
                if isinstance(inner := piece.get(name), dict):
                    _join_object(child(call, name), inner)


def _call_of(calls: list[object], piece: Json) -> Json:
    """By index; some providers send every call whole and give all of them the same index, or none."""
    index, id_ = piece.get("index"), as_text(piece.get("id"))
    is_start = bool(id_ and any(as_object(piece.get(name)).get("name") for name in _CALLS))
    for call in reversed(calls):
        known = as_object(call)
        if (index is None or known.get("index") == index) and not (is_start and known.get("id") not in (None, id_)):
            return known
    made: Json = {}
    calls.append(made)
    return made


def _finish(choice: object) -> Json:
    whole = as_object(choice)
    message = as_object(whole.get("message"))
    if isinstance(message.get("content"), list):
        parts = join_texts(join_texts(as_list(message["content"])), key="thinking")
        for part in map(as_object, parts):
            if isinstance(part.get("thinking"), list):
                part["thinking"] = join_texts(as_list(part["thinking"]))
        message["content"] = parts
    if isinstance(message.get("reasoning_details"), list):
        message["reasoning_details"] = join_details(as_list(message["reasoning_details"]))
    for call in as_list(message.get("tool_calls")):
        as_object(call).pop("index", None)  # a whole answer has none
    return whole


def join_details(details: list[object]) -> list[object]:
    """Neighbours of one index and type are pieces of one block; a signature comes with the last of them."""
    joined_: list[object] = []
    last: Json = {}
    for detail in details:
        piece = as_object(detail)
        same = all(last.get(name) == piece.get(name) for name in ("type", "index"))
        if last and same and "data" not in piece:
            for name, value in piece.items():
                if name in ("text", "summary"):
                    grow(last, name, value)
                else:
                    overlay(last, {name: value})
        else:
            last = dict(piece)
            joined_.append(last)
    return joined_


FORMAT = Format("openai_chat", read_request, read_usage, meter, assemble)
