"""Who has waited too long? One timer for all connections.

A timer per request costs about a microsecond to make and as much to cancel; a float that is set costs nothing. So a
connection only writes down its deadline, and one sweep looks at all of them a few times in the shortest timeout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

NEVER = float("inf")


class Watched(Protocol):
    """`deadline` is in `loop.time()` seconds, NEVER when nothing is awaited; `expire` is called once it is past."""

    deadline: float

    def expire(self) -> None: ...


class Deadlines:
    """Sweeps every `interval_s`; what it watches is dropped by `discard`, or it lives as long as this does."""

    def __init__(self, loop: asyncio.AbstractEventLoop, interval_s: float = 1.0) -> None:
        self._loop = loop
        self._interval_s = interval_s
        self._watched: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.add = self._watched.add
        self.discard = self._watched.discard

    def start(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(self._interval_s, self._sweep)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _sweep(self) -> None:
        now = self._loop.time()
        for watched in [w for w in self._watched if w.deadline < now]:
            watched.deadline = NEVER
            watched.expire()
        self._timer = self._loop.call_later(self._interval_s, self._sweep)
