"""Amazon Bedrock Converse and ConverseStream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.exchange import Format, Usage
from torana.formats.counts import Count, within
from torana.formats.eventstream import Frame, Frames
from torana.formats.joining import child, grow, in_order, overlay, slot
from torana.formats.json import Json, Reader, Text, as_object, as_text, dump, load, read_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.exchange import Meter

_MARKER = b"inputTokens"


class _CacheDetail(Struct, rename="camel"):
    ttl: str | None = None
    input_tokens: Count | None = None


class Stated(Struct, rename="camel"):
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_write_input_tokens: Count | None = None
    cache_read_input_token_count: Count | None = None
    """Nova's name for the same, as the next."""
    cache_write_input_token_count: Count | None = None
    cache_details: list[_CacheDetail] | None = None


class Reply(Struct):
    """A whole reply, or the event `metadata` of a stream."""

    usage: Stated | None = None


_replies = Reader(Reply)


def spent(stated: Stated | None) -> Usage | None:
    """What was read from the cache and written to it is not in `inputTokens`."""
    if stated is None or (stated.input_tokens is None and stated.output_tokens is None):
        return None
    cached = stated.cache_read_input_tokens or stated.cache_read_input_token_count or 0
    written = stated.cache_write_input_tokens or stated.cache_write_input_token_count or 0
    return within(
        Usage(
            tokens_in=(stated.input_tokens or 0) + cached + written,
            tokens_out=stated.output_tokens or 0,
            cached_tokens_in=cached,
            cache_write_tokens_in=written,
            cache_write_1h_tokens_in=_kept_long(stated.cache_details) if stated.cache_details else 0,
        )
    )


def _kept_long(details: list[_CacheDetail]) -> int:
    return sum([each.input_tokens or 0 for each in details if each.ttl == "1h"])


def read_usage(body: bytes) -> Usage | None:
    reply = _replies.read(body)
    return spent(reply.usage) if reply is not None else None


class FrameMeter:
    """A stream of frames, of which only those that `may_tell` says so of can tell usage."""

    __slots__ = ("_frames", "_is_at_rest", "_may_tell", "_read", "usage")

    def __init__(self, may_tell: Callable[[bytes], bool], read: Callable[[Frame], Usage | None]) -> None:
        self.usage: Usage | None = None
        self._may_tell = may_tell
        self._read = read
        self._frames = Frames()
        self._is_at_rest = True

    def feed(self, chunk: bytes) -> None:
        # One whole frame, which is how Bedrock sends them, needs no more than a look.
        if self._is_at_rest and int.from_bytes(chunk[:4], "big") == len(chunk) and not self._may_tell(chunk):
            return
        for frame in self._frames.feed(chunk):
            self.usage = self._read(frame) or self.usage
        self._is_at_rest = self._frames.is_at_rest

    def finish(self) -> None:
        """A frame that is not whole tells nothing."""


def _may_tell(chunk: bytes) -> bool:
    return chunk.rfind(_MARKER) >= 0


def _read_frame(frame: Frame) -> Usage | None:
    return read_usage(frame.payload) if _MARKER in frame.payload else None


def meter() -> Meter:
    return FrameMeter(_may_tell, _read_frame)


def assemble(stream: bytes) -> bytes | None:
    frames = Frames().feed(stream)
    events = [(frame.event, as_object(load(frame.payload))) for frame in frames]
    return dump(joined(events)) if events else None


def joined(events: list[tuple[str, Json]]) -> Json:
    """Of the events of one stream, by type, the reply."""
    whole: Json = {}
    message: Json = {}
    blocks: dict[int, Json] = {}
    for kind, event in events:
        event.pop("p", None)  # padding, against those who measure lengths
        match kind:
            case "messageStart":
                overlay(message, event)
            case "contentBlockStart":
                block = slot(blocks, event.get("contentBlockIndex"))
                overlay(block, as_object(event.get("start")))
            case "contentBlockDelta":
                _join_delta(slot(blocks, event.get("contentBlockIndex")), as_object(event.get("delta")))
            case "messageStop" | "metadata":
                overlay(whole, event)
            case "contentBlockStop":
                pass
            case _:
                whole["error"] = {"type": kind, **event}
    if message or blocks:
        message["content"] = [_finish(block) for block in in_order(blocks)]
        whole = {"output": {"message": message}, **whole}
    return whole


def _join_delta(block: Json, delta: Json) -> None:
    for name, piece in delta.items():
        match name:
            case "text":
                grow(block, name, piece)
            case "toolUse":
                grow(child(block, name), "_input", Text(as_text(as_object(piece).get("input"))))
            case "image":
                overlay(child(block, name), as_object(piece))
            case "reasoningContent":
                _join_reasoning(child(block, name), as_object(piece))
            case "citation":
                grow(child(block, "citationsContent"), "citations", [piece])
            case _:
                overlay(block, {name: piece})


def _join_reasoning(reasoning: Json, piece: Json) -> None:
    for name, value in piece.items():
        if name == "text":
            grow(child(reasoning, "reasoningText"), name, value)
        elif name == "signature":
            child(reasoning, "reasoningText")[name] = value
        else:
            grow(reasoning, name, value)


def _finish(block: object) -> Json:
    whole = as_object(block)
    tool = as_object(whole.get("toolUse"))
    text = as_text(tool.pop("_input", None))
    if text:
        value = load(text.encode("utf-8", "surrogatepass"))
        tool["input"] = text if value is None else value
    if "citationsContent" in whole and "text" in whole:
        child(whole, "citationsContent")["content"] = [{"text": whole.pop("text")}]
    return whole


FORMAT = Format("bedrock_converse", read_request, read_usage, meter, assemble)
