"""Bodies for tests of the wire: a sink that keeps what it gets, a source that is driven by hand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torana.message import Reply, Sink, Source


class Gathered:
    """A sink; `done` gives the whole body, or raises what it failed with."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.endings = 0
        self.done: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def write(self, chunk: bytes) -> None:
        assert not self.endings, "a piece after the end"
        self.pieces.append(chunk)

    def end(self) -> None:
        self.endings += 1
        self.done.set_result(b"".join(self.pieces))

    def fail(self, error: Exception) -> None:
        self.endings += 1
        self.done.set_exception(error)

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces))


class ByHand:
    """A source whose sink the test feeds itself; `calls` tells what was asked of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.resumed = asyncio.Event()
        self.started: asyncio.Future[Sink] = asyncio.get_running_loop().create_future()

    def start(self, sink: Sink) -> None:
        self.started.set_result(sink)

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")
        self.resumed.set()

    def abort(self) -> None:
        self.calls.append("abort")


def source_of(reply: Reply) -> Source:
    assert not isinstance(reply.body, bytes), "the answer came whole"
    return reply.body


async def read(reply: Reply) -> bytes:
    """The body, whole."""
    if isinstance(reply.body, bytes):
        return reply.body
    sink = Gathered()
    reply.body.start(sink)
    return await sink.done
