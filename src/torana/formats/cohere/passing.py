"""Cohere chat, versions 1 (JSON lines when streamed) and 2 (events)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.exchange import Format, Usage
from torana.formats.counts import Count, within
from torana.formats.joining import child, grow, in_order, join_texts, objects, overlay, slot
from torana.formats.json import Json, Reader, as_list, as_object, as_text, dump, read_request
from torana.formats.meter import EventMeter

if TYPE_CHECKING:
    from torana.exchange import Meter

_MARKER = b'put_tokens"'


class _Units(Struct):
    input_tokens: Count | None = None
    output_tokens: Count | None = None


class Stated(Struct):
    """`meta` of version 1, `usage` of version 2."""

    billed_units: _Units | None = None
    tokens: _Units | None = None
    cached_tokens: Count | None = None


class _Inner(Struct):
    """A version 1 reply at the end of its stream, or the last delta of version 2."""

    meta: Stated | None = None
    usage: Stated | None = None


class _Event(Struct):
    """An event of a stream, or a reply on its own."""

    response: _Inner | None = None
    delta: _Inner | None = None
    meta: Stated | None = None
    usage: Stated | None = None


_events = Reader(_Event)


def spent(stated: Stated | None) -> Usage | None:
    """What is billed, where that is said; `tokens` also counts Cohere's own prompt around the caller's."""
    units = stated.billed_units or stated.tokens if stated is not None else None
    if stated is None or units is None or (units.input_tokens is None and units.output_tokens is None):
        return None
    return within(Usage(units.input_tokens or 0, units.output_tokens or 0, stated.cached_tokens or 0))


def read_usage(body: bytes) -> Usage | None:
    event = _events.read(body)
    if event is None:
        return None
    inner = event.response or event.delta
    return spent((inner.meta or inner.usage) if inner is not None else event.usage or event.meta)


def meter() -> Meter:
    return EventMeter(_MARKER, read_usage)


def assemble(stream: bytes) -> bytes | None:
    events = objects(stream)
    if not events:
        return None
    is_first_version = any("event_type" in event for event in events)
    return dump(_joined_v1(events) if is_first_version else _joined_v2(events))


def _joined_v1(events: list[Json]) -> Json:
    """The end of the stream carries the whole reply; before it there are pieces."""
    whole: Json = {}
    for event in events:
        if isinstance(response := event.get("response"), dict):
            overlay(whole, response)
            overlay(whole, {"finish_reason": event.get("finish_reason")} if "finish_reason" in event else {})
            return whole
        for name, value in event.items():
            if name in ("text", "citations", "search_results", "documents"):
                grow(whole, name, value)
            elif name not in ("event_type", "is_finished", "tool_call_delta"):
                overlay(whole, {name: value})
    return whole


def _joined_v2(events: list[Json]) -> Json:
    whole: Json = {}
    message: Json = {}
    parts: dict[int, Json] = {}
    for event in events:
        kind = as_text(event.get("type"))
        delta = as_object(event.get("delta"))
        if kind in ("message-start", "message-end"):
            overlay(whole, event, skip=("type", "delta"))
            overlay(whole, delta, skip=("message",))
            overlay(message, as_object(delta.get("message")))
        elif kind.startswith("content-"):
            _join_content(slot(parts, event.get("index")), as_object(delta.get("message")))
        elif "-" in kind:
            _join_message(message, event, as_object(delta.get("message")))
        else:
            overlay(whole, event)
    if parts:
        message["content"] = join_texts(in_order(parts))
    for call in as_list(message.get("tool_calls")):
        as_object(call).pop("index", None)  # a whole answer has none
    return {**whole, "message": message} if message else whole


def _join_content(part: Json, piece: Json) -> None:
    for name, value in as_object(piece.get("content")).items():
        if name in ("text", "thinking"):
            grow(part, name, value)
        else:
            overlay(part, {name: value})


def _join_message(message: Json, event: Json, piece: Json) -> None:
    if "tool_plan" in piece:
        grow(message, "tool_plan", piece["tool_plan"])
    if "tool_calls" in piece:
        _join_call(message, event.get("index"), as_object(piece["tool_calls"]))
    if "citations" in piece:
        citations = piece["citations"]
        grow(message, "citations", citations if isinstance(citations, list) else [citations])


def _join_call(message: Json, index: object, piece: Json) -> None:
    if not isinstance(message.get("tool_calls"), list):
        message["tool_calls"] = []
    calls = as_list(message["tool_calls"])
    call = next((c for c in map(as_object, calls) if c.get("index") == index), None)
    if call is None:
        call = {"index": index}
        calls.append(call)
    overlay(call, piece, skip=("function",))
    for name, value in as_object(piece.get("function")).items():
        grow(child(call, "function"), name, value)


FORMAT = Format("cohere", read_request, read_usage, meter, assemble)
