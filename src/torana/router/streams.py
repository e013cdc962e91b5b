"""Streams of the router: begun before their answer is there, held until it is one."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from torana.relay import Between
from torana.retelling import Finisher, Given, finish

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.formats.json import Json
    from torana.formats.translation import ToChat
    from torana.message import Reply, Sink, Source

log = logging.getLogger("torana.router")

COMMENT = b": OPENROUTER PROCESSING\n\n"
"""What OpenRouter's clients know (openrouter.md 3.2)."""
COMMENT_EVERY_S = 10.0
_MOST_HELD = 1 << 20


class Dressing(Protocol):
    """Makes the router's own chunks of a provider's."""

    def feed(self, chunks: list[Json]) -> list[Json]: ...
    def finish(self) -> list[Json]: ...


class Dressed:
    """A provider's stream as chunks that the router's callers know."""

    def __init__(self, told: ToChat, dressing: Dressing) -> None:
        self._told = told
        self._dressing = dressing
        self.is_broken = False

    def feed(self, data: bytes) -> list[Json]:
        return self._dressing.feed(self._told.feed(data))

    def finish(self) -> list[Json]:
        left = self._told.finish()
        self.is_broken = self._told.is_broken
        return self._dressing.feed(left) + self._dressing.finish()


class Held(Between):
    """Lets nothing out until its beginning has been looked at; then it stands in nobody's way."""

    def __init__(self, source: Source, head: bytes = b"") -> None:
        """`head` goes out before all else."""
        super().__init__(source)
        self._pieces: list[bytes] = [head]
        self._size = 0
        self._is_over = False
        self._error: Exception | None = None
        self._begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def begin(self) -> None:
        """Returns when the first bytes are there, or the end."""
        self._source.start(self)
        try:
            await self._begun
        except asyncio.CancelledError:
            self._source.abort()
            raise

    def start(self, sink: Sink) -> None:
        """What was held goes out first."""
        self._sink = sink
        pieces, self._pieces = b"".join(self._pieces), []
        if self._error is not None:
            sink.fail(self._error)
        elif self._is_over:
            finish(sink, pieces)
        else:
            if pieces:
                sink.write(pieces)
            if self._size > _MOST_HELD:
                self._source.resume()

    def write(self, chunk: bytes) -> None:
        if self._sink is not None:
            self._sink.write(chunk)
            return
        self._pieces.append(chunk)
        self._size += len(chunk)
        if self._size > _MOST_HELD:
            self._source.pause()
        self._is_known()

    def last(self, chunk: bytes) -> None:
        if self._sink is not None:
            finish(self._sink, chunk)
            return
        self._pieces.append(chunk)
        self._is_over = True
        self._is_known()

    def end(self) -> None:
        self.last(b"")

    def fail(self, error: Exception) -> None:
        self._error = error
        if self._sink is not None:
            self._sink.fail(error)
        self._is_known()

    def abort(self) -> None:
        self._source.abort()

    def _is_known(self) -> None:
        if not self._begun.done():
            self._begun.set_result(None)


class Waiting:
    """A body that says that it is being worked on until there is an answer, and then is that answer's."""

    def __init__(self, answer: asyncio.Task[Reply], tell: Callable[[Reply], bytes]) -> None:
        """`tell` gives what a stream has to say of an answer that is no stream: an error."""
        self._answer = answer
        self._tell = tell
        self._sink: Sink | None = None
        self._source: Source | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_paused = False

    def start(self, sink: Sink) -> None:
        self._sink = sink
        self._remark()
        self._answer.add_done_callback(self._answered)

    def pause(self) -> None:
        self._is_paused = True
        if self._source is not None:
            self._source.pause()

    def resume(self) -> None:
        self._is_paused = False
        if self._source is not None:
            self._source.resume()

    def abort(self) -> None:
        self._stop()
        self._sink = None
        if self._source is not None:
            self._source.abort()
        else:
            self._answer.cancel()

    def _remark(self) -> None:
        if self._sink is not None:
            self._sink.write(COMMENT)
            self._timer = asyncio.get_running_loop().call_later(COMMENT_EVERY_S, self._remark)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _answered(self, answer: asyncio.Task[Reply]) -> None:
        self._stop()
        sink = self._sink
        if sink is None or answer.cancelled():
            return
        reply = answer.result()
        if isinstance(reply.body, bytes):
            self._source = Given(self._tell(reply))
        else:
            self._source = reply.body
        self._source.start(sink)
        if self._is_paused:
            self._source.pause()


__all__ = ["COMMENT", "COMMENT_EVERY_S", "Dressed", "Finisher", "Held", "Waiting"]
