"""One call for many who ask the same at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from torana.wire.errand import in_task

if TYPE_CHECKING:
    from torana.storage.cache import Stored

LONGEST_WAIT_S = 60.0


class Flight:
    """An answer on its way, by whoever asked first. `landed` is called once, with None where nothing came to keep."""

    __slots__ = ("_flights", "_key", "_landing")

    def __init__(self, flights: dict[bytes, Flight], key: bytes) -> None:
        self._flights = flights
        self._key = key
        self._landing: asyncio.Future[Stored | None] | None = None
        flights[key] = self

    async def wait(self, longest_s: float = LONGEST_WAIT_S) -> Stored | None:
        """None where it failed, or took too long."""
        landing = self._landing
        if landing is None:
            landing = self._landing = asyncio.get_running_loop().create_future()
        await in_task()
        done, _ = await asyncio.wait((landing,), timeout=longest_s)
        return landing.result() if done else None

    def landed(self, stored: Stored | None) -> None:
        if self._flights.get(self._key) is self:
            del self._flights[self._key]
            if self._landing is not None:
                self._landing.set_result(stored)
