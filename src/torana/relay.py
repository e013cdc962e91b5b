"""A body on its way through: passed on as it comes, metered and captured in passing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.exchange import Exchange, Meter
    from torana.message import Reply, Sink, Source


class Decoding(Protocol):
    """Undoes a content coding, piece by piece; what is broken gives what there was."""

    def feed(self, chunk: bytes) -> bytes: ...


class Between:
    """A sink to the one side and a source to the other, with back-pressure handed on."""

    __slots__ = ("_sink", "_source")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sink: Sink | None = None

    def pause(self) -> None:
        self._source.pause()

    def resume(self) -> None:
        self._source.resume()


class Nowhere:
    """The sink of an answer that nobody waits for; past `room` bytes it wants no more of it."""

    __slots__ = ("_room", "_source")

    def __init__(self, source: Source, room: int) -> None:
        self._source = source
        self._room = room

    def write(self, chunk: bytes) -> None:
        self._room -= len(chunk)
        if self._room < 0:
            self._source.abort()

    def end(self) -> None:
        pass

    def fail(self, error: Exception) -> None:
        pass


def drain(reply: Reply, most: int) -> None:
    """Lets go of an answer: what is left of its body is read in passing, so that its connection can be used again."""
    body = reply.body
    if not isinstance(body, bytes):
        body.start(Nowhere(body, most))


class Relay(Between):
    """Between an upstream's body and the client: a sink to the one, a source to the other.

    `settle` is called once, before the client's sink learns of the end: what is on disk by then cannot be lost.
    """

    __slots__ = ("_decoding", "_is_over", "_meter", "_pieces", "_room", "_settle", "_x")

    def __init__(self, x: Exchange, source: Source, settle: Callable[[Exchange], None], room: int) -> None:
        super().__init__(source)
        self._x = x
        self._pieces: list[bytes] = []
        x.response_pieces = self._pieces
        self._settle = settle
        self._room = room
        self._meter: Meter | None = None
        self._decoding: Decoding | None = None
        self._is_over = False

    def metered_by(self, meter: Meter | None, decoding: Decoding | None) -> Relay:
        self._meter, self._decoding = meter, decoding
        return self

    def start(self, sink: Sink) -> None:
        self._sink = sink
        self._source.start(self)

    def write(self, chunk: bytes) -> None:
        log = self._x.log
        log.response_size += len(chunk)
        plain = chunk if self._decoding is None else self._decoding.feed(chunk)
        if self._meter is not None:
            self._meter.feed(plain)
        if self._room > 0:
            self._capture(plain)
        elif plain:
            log.is_truncated = True
        if self._sink is not None:
            self._sink.write(chunk)

    def last(self, chunk: bytes) -> None:
        """The end, with the last of the body: who reads it there knows that all was written down before."""
        sink, self._sink = self._sink, None
        if chunk:
            self.write(chunk)
        self._finish()
        if sink is not None:
            if chunk:
                sink.write(chunk)
            sink.end()

    def _capture(self, plain: bytes) -> None:
        if len(plain) > self._room:
            plain = plain[: self._room]
            self._x.log.is_truncated = True
        self._room -= len(plain)
        self._pieces.append(plain)

    def end(self) -> None:
        self._finish()
        if self._sink is not None:
            self._sink.end()

    def fail(self, error: Exception) -> None:
        self._x.log.is_broken = True
        self._x.log.error = str(error)
        self._finish()
        if self._sink is not None:
            self._sink.fail(error)

    def abort(self) -> None:
        """The client left: what was produced until now still counts."""
        if not self._is_over:
            self._x.log.cancelled = True
            self._source.abort()
            self._finish()

    def _finish(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        if self._meter is not None:
            self._meter.finish()
            self._x.log.usage = self._meter.usage
        self._settle(self._x)


class Intake(Between):
    """A request body that is streamed on: counted, and its beginning kept for the log."""

    __slots__ = ("_pieces", "_room", "_x")

    def __init__(self, x: Exchange, source: Source, room: int) -> None:
        super().__init__(source)
        self._x = x
        self._pieces: list[bytes] = []
        x.request_pieces = self._pieces
        self._room = room

    def start(self, sink: Sink) -> None:
        self._sink = sink
        self._source.start(self)

    def abort(self) -> None:
        self._source.abort()

    def write(self, chunk: bytes) -> None:
        self._x.log.request_size += len(chunk)
        if self._room > 0:
            kept = chunk[: self._room]
            self._room -= len(kept)
            self._pieces.append(kept)
        if self._sink is not None:
            self._sink.write(chunk)

    def end(self) -> None:
        if self._sink is not None:
            self._sink.end()

    def fail(self, error: Exception) -> None:
        if self._sink is not None:
            self._sink.fail(error)
