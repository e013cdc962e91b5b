"""A request body that is still arriving, as a Source."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torana.message import Sink


class Reading(Protocol):
    """The connection the bytes come from."""

    def want_body(self) -> None: ...
    def hold_body(self) -> None: ...


class RequestBody:
    """Between a client's connection and one sink; holds what one read gave, and asks for more when that is gone."""

    __slots__ = ("_chunks", "_connection", "_error", "_is_over", "_is_paused", "_is_whole", "_sink")

    def __init__(self, connection: Reading) -> None:
        self._connection = connection
        self._chunks: deque[bytes] = deque()
        self._sink: Sink | None = None
        self._error: Exception | None = None
        self._is_paused = False
        self._is_whole = False
        self._is_over = False

    def start(self, sink: Sink) -> None:
        self._sink = sink
        self._give()

    def pause(self) -> None:
        self._is_paused = True
        if not self._is_over:
            self._connection.hold_body()

    def resume(self) -> None:
        self._is_paused = False
        self._give()

    def abort(self) -> None:
        if not self._is_over:
            self._finish()
            self._connection.hold_body()

    def feed(self, chunks: list[bytes], *, is_last: bool) -> None:
        """What the connection read; dropped when nobody wants it."""
        if not self._is_over:
            self._chunks.extend(chunks)
            self._is_whole = is_last
            self._give()

    def fail(self, error: Exception) -> None:
        """The rest will not come; what is held is of no use without it. Kept for a sink that is not there yet."""
        if not self._is_over:
            self._error = error
            self._give()

    def _give(self) -> None:
        sink = self._sink
        if sink is None or self._is_over:
            return
        if self._error is not None:
            self._finish()
            sink.fail(self._error)
            return
        # The sink may pause, resume or abort from within `write`.
        while self._chunks and not self._is_paused and not self._is_over:
            sink.write(self._chunks.popleft())
        if self._is_paused or self._is_over:
            return
        if self._is_whole:
            self._finish()
            sink.end()
        else:
            self._connection.want_body()

    def _finish(self) -> None:
        self._is_over = True
        self._sink = None
        self._chunks.clear()
