"""Ollama's chat: one JSON object, or a line of it for each piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.exchange import Asked, Format, Usage
from torana.formats.counts import Count
from torana.formats.joining import child, grow, objects, overlay
from torana.formats.json import Json, Reader, as_list, as_object, dump
from torana.formats.ndjson import LineMeter

if TYPE_CHECKING:
    from torana.exchange import Meter

_MARKER = b'eval_count"'
_MOST_TOKENS = 100_000_000


class _Options(Struct, gc=False):
    num_predict: float | None = None


class _Ask(Struct, gc=False):
    model: str | None = None
    stream: bool | None = None
    options: _Options | None = None


class _Counted(Struct, gc=False):
    prompt_eval_count: Count | None = None
    eval_count: Count | None = None


_asks = Reader(_Ask)
_counts = Reader(_Counted)


def read_request(body: bytes) -> Asked:
    """Unlike elsewhere, who says nothing gets a stream."""
    ask = _asks.read(body)
    if ask is None:
        return Asked()
    most = ask.options.num_predict if ask.options is not None else None
    tokens = int(min(most, _MOST_TOKENS)) if most is not None and most > 0 else None
    return Asked(ask.model or "", ask.stream is not False, tokens)


def read_usage(body: bytes) -> Usage | None:
    counted = _counts.read(body)
    if counted is None or (counted.prompt_eval_count is None and counted.eval_count is None):
        return None
    return Usage(counted.prompt_eval_count or 0, counted.eval_count or 0)


def meter() -> Meter:
    return LineMeter(_MARKER, read_usage)


def assemble(stream: bytes) -> bytes | None:
    lines = objects(stream)
    if not lines:
        return None
    whole: Json = {}
    for line in lines:
        overlay(whole, line, skip=("message", "logprobs"))
        if isinstance(message := line.get("message"), dict):
            for name, value in message.items():
                if name in ("content", "thinking", "tool_calls", "images"):
                    grow(child(whole, "message"), name, value)
                else:
                    overlay(child(whole, "message"), {name: value})
        if logprobs := as_list(line.get("logprobs")):
            grow(whole, "logprobs", logprobs)
    if not as_object(whole.get("message")):
        whole.pop("message", None)
    return dump(whole)


FORMAT = Format("ollama", read_request, read_usage, meter, assemble)
