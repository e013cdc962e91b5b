"""Can this answer be given again? What is kept of it on its way to the client."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from torana.formats.coding import decoder
from torana.formats.outcome import stream_went_well, went_well
from torana.policies.replay import HIT, STATUS
from torana.relay import Between
from torana.storage.cache import Stored
from torana.wire.http1 import render

if TYPE_CHECKING:
    from torana.exchange import Exchange, Headers, Miss, Reply, Sink, Source

_OK = 200
_STREAMS = (b"text/event-stream", b"application/vnd.amazon.eventstream", b"application/x-ndjson")
_IMAGES = b"image/"
_JSON = b"application/json"
_KEPT = frozenset({b"content-type", b"content-language", b"content-disposition"})
"""Headers that say what a body is. All others are about one exchange, or about whose it was."""


def is_keepable(x: Exchange, miss: Miss, reply: Reply) -> bool:
    """Whether answers of this kind are kept: text and images, and streams where that was asked for (cloudflare.md 4).

    What the upstream says of caches on the way (`cache-control`) counts for nothing: this one is no stranger's, it is
    keyed by the caller's credential, and was asked for; some providers mark every answer `private`.
    """
    kind = _kind(reply.headers)
    if miss.plan.is_image_only:
        return kind.startswith(_IMAGES)
    if x.log.is_stream or kind.startswith(_STREAMS):
        return miss.plan.holds_streams
    return kind.startswith((_JSON, b"text/", _IMAGES)) or kind.partition(b";")[0].rstrip().endswith(b"+json")


def keep(miss: Miss, reply: Reply, largest: int) -> bool:
    """Takes the body, or watches it pass; False where this one answer will not be kept."""
    if reply.status != _OK or (reply.length or 0) > largest:
        return False
    miss.headers = reply.headers
    body = reply.body
    if type(body) is bytes:
        miss.body = body
    else:
        reply.body = Tee(body, miss, largest)  # type: ignore[arg-type]  # bytes were ruled out above
    return True


def stored(x: Exchange, miss: Miss, largest: int) -> Stored | None:
    """What was kept, once the exchange is over; None where it was cut, or is an error in disguise."""
    log, body = x.log, miss.body
    if body is None or log.status != _OK or log.cancelled or log.is_broken or log.cached:
        return None
    headers = dict(miss.headers)
    if coding := headers.get(b"content-encoding"):
        undo = decoder(coding, largest + 1)
        if undo is None:
            return None
        body = undo.feed(body)
    if not body or len(body) > largest:
        return None
    kind = _kind(miss.headers)
    is_stream = kind.startswith(_STREAMS)
    target = x.opening.target
    if is_stream:
        is_good = target is not None and stream_went_well(target.format.name, kind, body)
    elif kind.startswith(_JSON) or b"+json" in kind:
        is_good = went_well(body)
    else:
        # Of what is no JSON nothing tells whether it was decoded to its end.
        is_good = not coding
    if not is_good:
        return None
    kept = [*(field for field in miss.headers if field[0] in _KEPT), (STATUS, HIT)]
    named = headers.get(b"content-type", b"")
    return Stored(kept, render(kept), named, body, time.time(), log.model, is_stream, log.usage)


def _kind(headers: Headers) -> bytes:
    """The media type in lower case, with its parameters."""
    return next((value for name, value in headers if name == b"content-type"), b"").lower()


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
