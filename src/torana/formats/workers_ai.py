"""Cloudflare Workers AI on its own path: a result in an envelope, or a stream of `response` pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from torana.exchange import Format
from torana.formats.joining import grow, objects, overlay
from torana.formats.json import Json, Reader, as_list, dump, read_request
from torana.formats.meter import EventMeter
from torana.formats.openai_chat import passing as openai_chat
from torana.formats.openai_usage import Stated, spent

if TYPE_CHECKING:
    from torana.exchange import Meter, Usage

_MARKER = b'_tokens"'


class _Result(Struct):
    usage: Stated | None = None


class _Reply(Struct):
    """A reply in its envelope, or a piece of a stream, which has none."""

    result: _Result | None = None
    usage: Stated | None = None


_replies = Reader(_Reply)


def read_usage(body: bytes) -> Usage | None:
    reply = _replies.read(body)
    if reply is None:
        return None
    return spent(reply.result.usage if reply.result is not None else reply.usage)


def meter() -> Meter:
    return EventMeter(_MARKER, read_usage)


def assemble(stream: bytes) -> bytes | None:
    pieces = objects(stream)
    if not pieces:
        return None
    if any("choices" in piece for piece in pieces):
        return dump(_enveloped(openai_chat.joined(pieces)))
    whole: Json = {}
    for piece in pieces:
        if "success" in piece:  # an error, in the envelope itself
            return dump(piece)
        grow(whole, "response", piece.get("response"))
        if calls := as_list(piece.get("tool_calls")):
            grow(whole, "tool_calls", calls)
        overlay(whole, piece, skip=("response", "tool_calls", "p"))
    return dump(_enveloped(whole))


def _enveloped(result: Json) -> Json:
    return {"result": result, "success": True, "errors": [], "messages": []}


FORMAT = Format("workers_ai", read_request, read_usage, meter, assemble)
