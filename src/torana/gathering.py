"""A body that is wanted whole, by who calls an upstream for itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from torana.errors import UpstreamBroken

if TYPE_CHECKING:
    from torana.message import Source


async def gather(body: bytes | Source, most: int) -> bytes:
    """Waits for its end. UpstreamBroken where it is longer than `most`; whatever its source fails with."""
    if isinstance(body, bytes):
        return body
    gathering = _Gathering(body, most)
    body.start(gathering)
    try:
        return await gathering.whole
    except asyncio.CancelledError:
        body.abort()
        raise


class _Gathering:
    def __init__(self, source: Source, most: int) -> None:
        self.whole: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._source = source
        self._pieces: list[bytes] = []
        self._room = most

    def write(self, chunk: bytes) -> None:
        self._pieces.append(chunk)
        self._room -= len(chunk)
        if self._room < 0 and not self.whole.done():
            self._source.abort()
            self._pieces.clear()
            self.whole.set_exception(UpstreamBroken("what was to be read whole is too long"))

    def end(self) -> None:
        if not self.whole.done():
            self.whole.set_result(b"".join(self._pieces))

    def fail(self, error: Exception) -> None:
        if not self.whole.done():
            self.whole.set_exception(error)
