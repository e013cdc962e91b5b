"""Can this answer be given again? What is kept of it on its way to the client."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from torana.caching import Shape
from torana.formats.coding import decoder
from torana.formats.outcome import stream_went_well, went_well
from torana.policies.replay import HIT, STATUS
from torana.relay import Between
from torana.storage.cache import Stored
from torana.wire.http1 import render

if TYPE_CHECKING:
    from torana.caching import CachePlan, Miss
    from torana.exchange import Exchange
    from torana.message import Reply, Sink, Source

_OK = 200
_STREAMS = (b"text/event-stream", b"application/vnd.amazon.eventstream", b"application/x-ndjson")
_IMAGES = b"image/"
_JSON = b"application/json"
_KEPT = frozenset({b"content-type", b"content-language", b"content-disposition"})
"""Headers that say what a body is. All others are about one exchange, or about whose it was."""
_TELLING = _KEPT | {b"content-encoding"}


def keepable(x: Exchange, plan: CachePlan, reply: Reply) -> Shape | None:
    """Whether answers of this kind are kept: text and images, and streams where that was asked for (cloudflare.md 4).

    What the upstream says of caches on the way (`cache-control`) counts for nothing: this one is no stranger's, it is
    keyed by the caller's credential, and was asked for; some providers mark every answer `private`.
    """
    shape = shape_of(tuple([field for field in reply.headers if field[0] in _TELLING]))
    kind = shape.kind
    if plan.is_image_only:
        is_kept = kind.startswith(_IMAGES)
    elif x.log.is_stream or shape.is_stream:
        is_kept = plan.holds_streams
    else:
        is_kept = kind.startswith((_JSON, b"text/", _IMAGES)) or _is_json(kind)
    return shape if is_kept else None


@lru_cache(maxsize=256)
def shape_of(fields: tuple[tuple[bytes, bytes], ...]) -> Shape:
    """Of those headers of an answer that tell of its body."""
    kept = [*(field for field in fields if field[0] in _KEPT), (STATUS, HIT)]
    found = dict(fields)
    kind = found.get(b"content-type", b"").lower()
    return Shape(kind, found.get(b"content-encoding", b""), kind.startswith(_STREAMS), kept, render(kept))


def _is_json(kind: bytes) -> bool:
    return kind.startswith(_JSON) or kind.partition(b";")[0].rstrip().endswith(b"+json")


def keep(miss: Miss, reply: Reply, largest: int) -> bool:
    """Takes the body, or watches it pass; False where this one answer will not be kept."""
    if reply.status != _OK or (reply.length or 0) > largest:
        return False
    body = reply.body
    if type(body) is bytes:
        miss.body = body
    else:
        reply.body = Tee(body, miss, largest)  # type: ignore[arg-type]  # bytes were ruled out above
    return True


def stored(x: Exchange, miss: Miss, largest: int) -> Stored | None:
    """What was kept, once the exchange is over; None where it was cut, or is an error in disguise."""
    log, shape, body = x.log, miss.shape, miss.body
    if shape is None or body is None or log.status != _OK or log.cancelled or log.is_broken:
        return None
    if shape.coding:
        undo = decoder(shape.coding, largest + 1)
        if undo is None:
            return None
        body = undo.feed(body)
    if not body or len(body) > largest or not _went_well(x, shape, body):
        return None
    return Stored(shape.headers, shape.lines, shape.kind, body, time.time(), log.model, shape.is_stream, log.usage)


def _went_well(x: Exchange, shape: Shape, body: bytes) -> bool:
    if shape.is_stream:
        target = x.opening.target
        return target is not None and stream_went_well(target.format.name, shape.kind, body)
    # Of what is no JSON nothing tells whether it was decoded to its end.
    return went_well(body) if _is_json(shape.kind) else not shape.coding


class Tee(Between):
    """Keeps a body as it passes; lets go of it where it grows too large."""

    __slots__ = ("_miss", "_pieces", "_room")

    def __init__(self, source: Source, miss: Miss, room: int) -> None:
        super().__init__(source)
        self._miss = miss
        self._pieces: list[bytes] = []
        self._room = room

    def start(self, sink: Sink) -> None:
        self._sink = sink
        self._source.start(self)

    def write(self, chunk: bytes) -> None:
        self._room -= len(chunk)
        if self._room >= 0:
            self._pieces.append(chunk)
        else:
            self._pieces.clear()
        if self._sink is not None:
            self._sink.write(chunk)

    def end(self) -> None:
        if self._room >= 0:
            self._miss.body = b"".join(self._pieces)
        if self._sink is not None:
            self._sink.end()

    def fail(self, error: Exception) -> None:
        if self._sink is not None:
            self._sink.fail(error)

    def abort(self) -> None:
        self._pieces.clear()
        self._source.abort()
