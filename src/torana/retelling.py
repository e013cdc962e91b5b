"""A stream on its way to a client that speaks another format than its upstream."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from torana.formats.json import as_object, as_text
from torana.formats.translation import CUT, Failure, failed
from torana.relay import Between

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.exchange import Exchange, Meter
    from torana.formats.json import Json
    from torana.formats.translation import FromChat, ToChat
    from torana.message import Sink, Source
    from torana.relay import Decoding

log = logging.getLogger("torana.retelling")


@runtime_checkable
class Finisher(Protocol):
    """A sink that wants to know which bytes are the last."""

    def last(self, chunk: bytes) -> None: ...


def finish(sink: Sink, last: bytes) -> None:
    """Gives the last of a body, and its end."""
    if isinstance(sink, Finisher):
        sink.last(last)
        return
    if last:
        sink.write(last)
    sink.end()


class Given:
    """A source of a body that is all there."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def start(self, sink: Sink) -> None:
        sink.write(self._body)
        sink.end()

    def pause(self) -> None:
        """It has been given already."""

    def resume(self) -> None:
        """The same."""

    def abort(self) -> None:
        """There is nothing to free."""


class Retelling(Between):
    """A stream that is told in another format as it comes; what breaks it becomes that format's error."""

    def __init__(
        self,
        x: Exchange,
        body: bytes | Source,
        to_chat: ToChat,
        from_chat: FromChat,
        meter: Meter,
        undo: Decoding | None,
    ) -> None:
        """`undo` takes off the content coding that the upstream's body has."""
        super().__init__(Given(body) if isinstance(body, bytes) else body)
        self._x = x
        self._to, self._from = to_chat, from_chat
        self._meter = meter
        self._undo = undo
        self._is_over = False
        self.ended: Callable[[], None] | None = None
        """Called before the last bytes leave."""
        self.dress: Callable[[list[Json]], list[Json]] | None = None
        """What `to_chat` does to its chunks, for the one that is made here."""

    def start(self, sink: Sink) -> None:
        self._sink = sink
        self._source.start(self)

    def write(self, chunk: bytes) -> None:
        if self._is_over:
            return
        plain = chunk if self._undo is None else self._undo.feed(chunk)
        self._meter.feed(plain)
        try:
            told = self._tell(self._to.feed(plain))
        except Exception:
            log.exception("a stream could not be told in another format")
            self._source.abort()
            self._break("internal error")
            return
        if told and self._sink is not None:
            self._sink.write(told)

    def end(self) -> None:
        if self._is_over:
            return
        told = self._tell(self._to.finish()) + self._from.finish()
        if self._to.is_broken:
            self._note(CUT.message)
        self._finish(told)

    def fail(self, error: Exception) -> None:
        if not self._is_over:
            self._break(str(error))

    def abort(self) -> None:
        self._source.abort()
        self._measure()

    def _tell(self, chunks: list[Json]) -> bytes:
        for chunk in chunks:
            if "error" in chunk:
                # Now, and not at the end: a client that has read it may be gone before.
                self._note(as_text(as_object(chunk["error"]).get("message")))
        return self._from.feed(chunks)

    def _note(self, reason: str) -> None:
        log_ = self._x.log
        log_.is_broken, log_.error = True, log_.error or reason

    def _break(self, reason: str) -> None:
        self._note(reason)
        chunks = [failed(Failure(reason, "server_error", "stream_cut"))]
        if self.dress is not None:
            chunks = self.dress(chunks)
        self._to.finish()
        self._finish(self._from.feed(chunks) + self._from.finish())

    def _finish(self, told: bytes) -> None:
        self._is_over = True
        self._measure()
        if self.ended is not None:
            self.ended()
        if self._sink is not None:
            finish(self._sink, told)

    def _measure(self) -> None:
        self._meter.finish()
        self._x.log.usage = self._meter.usage
