from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from torana.errors import UpstreamBroken
from torana.gathering import gather

if TYPE_CHECKING:
    from torana.message import Sink


class Given:
    """A source that gives what the test says, when it says so."""

    def __init__(self, *pieces: bytes, error: Exception | None = None, ends: bool = True) -> None:
        self._pieces = pieces
        self._error = error
        self._ends = ends
        self.aborted = 0

    def start(self, sink: Sink) -> None:
        for piece in self._pieces:
            sink.write(piece)
        if self._error is not None:
            sink.fail(self._error)
        elif self._ends and not self.aborted:
            sink.end()

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def abort(self) -> None:
        self.aborted += 1


async def test_what_comes_in_pieces_is_whole_at_its_end() -> None:
    assert await gather(b"whole", 1) == b"whole"
    assert await gather(Given(b"a", b"", b"bc"), 3) == b"abc"
    assert await gather(Given(), 0) == b""


async def test_what_is_too_long_is_let_go_of() -> None:
    source = Given(b"ab", b"cd", b"ef")
    with pytest.raises(UpstreamBroken, match="too long"):
        await gather(source, 3)
    assert source.aborted == 1


async def test_what_fails_tells_why() -> None:
    with pytest.raises(OSError, match="gone"):
        await gather(Given(b"a", error=OSError("gone")), 9)


async def test_who_stops_waiting_wants_nothing_more() -> None:
    source = Given(b"a", ends=False)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await gather(source, 9)
    assert source.aborted == 1
