"""Anthropic Messages, from Anthropic and from those who host or speak it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import asdict, replace

from torana.exchange import Format, Usage
from torana.formats.counts import Count, Dollars, within
from torana.formats.joining import child, grow, in_order, objects, overlay, slot
from torana.formats.json import Json, Reader, Text, as_object, as_text, dump, load, read_request
from torana.formats.meter import EventMeter
from torana.formats.openai_usage import Costs, router_cost

if TYPE_CHECKING:
    from torana.exchange import Meter

MARKER = b'put_tokens"'


class _CacheWrites(Struct):
    ephemeral_1h_input_tokens: Count | None = None


class _DetailsOut(Struct):
    thinking_tokens: Count | None = None


class _Iteration(Struct):
    type: str | None = None
    input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    output_tokens: Count | None = None


class Stated(Struct):
    input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation: _CacheWrites | None = None
    output_tokens: Count | None = None
    output_tokens_details: _DetailsOut | None = None
    iterations: list[_Iteration] | None = None
    cost: Dollars | None = None
    is_byok: bool | None = None
    cost_details: Costs | None = None

    def then(self, newer: Stated) -> Stated:
        """The last value of each field counts; a late zero is a provider that did not repeat what it had said."""
        old = asdict(self)
        return replace(self, **{name: value for name, value in asdict(newer).items() if value or old[name] is None})


class _Message(Struct):
    usage: Stated | None = None


class _Event(Struct):
    """An event of a stream, or a message on its own."""

    message: _Message | None = None
    usage: Stated | None = None


_events = Reader(_Event)


def spent(stated: Stated | None) -> Usage | None:
    """What was read from the cache and written to it is not in `input_tokens`: all three make the input."""
    if stated is None or (stated.input_tokens is None and stated.output_tokens is None):
        return None
    cached = stated.cache_read_input_tokens or 0
    written = stated.cache_creation_input_tokens or 0
    usage = Usage(
        tokens_in=(stated.input_tokens or 0) + cached + written,
        tokens_out=stated.output_tokens or 0,
        cached_tokens_in=cached,
        cache_write_tokens_in=written,
        cost_nano=router_cost(stated.cost, stated.cost_details, is_byok=stated.is_byok is True),
    )
    if stated.cache_creation is not None:
        usage.cache_write_1h_tokens_in = stated.cache_creation.ephemeral_1h_input_tokens or 0
    if stated.output_tokens_details is not None:
        usage.reasoning_tokens_out = stated.output_tokens_details.thinking_tokens or 0
    for iteration in stated.iterations or ():
        if iteration.type == "compaction":  # the one kind that the totals leave out
            _add(usage, iteration)
    return within(usage)


def _add(usage: Usage, iteration: _Iteration) -> None:
    cached = iteration.cache_read_input_tokens or 0
    written = iteration.cache_creation_input_tokens or 0
    usage.tokens_in += (iteration.input_tokens or 0) + cached + written
    usage.tokens_out += iteration.output_tokens or 0
    usage.cached_tokens_in += cached
    usage.cache_write_tokens_in += written


def stated_in(data: bytes) -> Stated | None:
    """By a message, or an event of a stream."""
    event = _events.read(data)
    if event is None:
        return None
    return event.usage if event.message is None else event.message.usage


def read_usage(body: bytes) -> Usage | None:
    return spent(stated_in(body))


class Running:
    """What a stream has stated so far."""

    __slots__ = ("_stated",)

    def __init__(self) -> None:
        self._stated = Stated()

    def read(self, data: bytes) -> Usage | None:
        newer = stated_in(data)
        if newer is not None:
            self._stated = self._stated.then(newer)
        return spent(self._stated)


def meter() -> Meter:
    return EventMeter(MARKER, Running().read)


def assemble(stream: bytes) -> bytes | None:
    events = objects(stream)
    return dump(joined(events)) if events else None


def joined(events: list[Json]) -> Json:
    """Of the events of one stream, the message."""
    whole: Json = {}
    blocks: dict[int, Json] = {}
    for event in events:
        match as_text(event.get("type")):
            case "message_start":
                overlay(whole, as_object(event.get("message")))
            case "content_block_start":
                slot(blocks, event.get("index")).update(as_object(event.get("content_block")))
            case "content_block_delta":
                _join_delta(slot(blocks, event.get("index")), as_object(event.get("delta")))
            case "message_delta":
                overlay(whole, as_object(event.get("delta")))
                overlay(child(whole, "usage"), as_object(event.get("usage")))
                overlay(whole, event, skip=("type", "delta", "usage"))
            case "content_block_stop" | "ping":
                pass
            case "message_stop" | "error":
                overlay(whole, event, skip=("type",))
            case _:
                overlay(whole, event)
    if blocks:
        whole["content"] = [_finish(block) for block in in_order(blocks)]
    return whole


def _join_delta(block: Json, delta: Json) -> None:
    match as_text(delta.get("type")):
        case "citations_delta":
            if not isinstance(block.get("citations"), list):
                block["citations"] = []
            grow(block, "citations", [delta.get("citation")])
        case "input_json_delta":
            grow(block, "_input", Text(as_text(delta.get("partial_json"))))
        case "text_delta" | "thinking_delta":
            for name in ("text", "thinking"):
                if name in delta:
                    grow(block, name, delta[name])
        case _:
            overlay(block, delta, skip=("type",))


def _finish(block: object) -> Json:
    """The input of a tool arrives as JSON text; of one that was cut off, the text stays."""
    whole = as_object(block)
    text = as_text(whole.pop("_input", None))
    if text:
        value = load(text.encode("utf-8", "surrogatepass"))
        whole["input"] = text if value is None else value
    return whole


FORMAT = Format("anthropic_messages", read_request, read_usage, meter, assemble)
