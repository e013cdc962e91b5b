"""A client that reads streams to their end and counts what came.

`python -m bench.sse_reader URL STREAMS ROUNDS EVENTS` reads that many streams at once, so many times over, and
prints one JSON line.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import cast

import msgspec
import uvloop
from msgspec import Struct

from bench import messages


class Heard(Struct, frozen=True):
    """`reads` near `events` means that they came one by one and were not gathered on the way."""

    streams: int
    events: int
    reads: int
    seconds: float


class _Reader(asyncio.Protocol):
    """One connection that asks again as long as rounds are left."""

    def __init__(self, request: bytes, rounds: int, expected: int) -> None:
        self.events = 0
        self.reads = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._rounds = rounds
        self._expected = expected
        self._heard = 0
        self._tail = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its base class
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.reads += 1
        data = self._tail + data
        self._heard += data.count(messages.EVENT_MARK)
        # Kept so short that a mark cut in two is found once, and a whole one never twice.
        self._tail = data[1 - len(messages.EVENT_MARK) :]
        if data.endswith(b"0\r\n\r\n"):
            self._end()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError(f"the connection was lost within a stream: {error}"))

    def _end(self) -> None:
        if self._heard != self._expected and not self.done.done():
            self.done.set_exception(ValueError(f"{self._heard} events in a stream of {self._expected}"))
            return
        self.events += self._heard
        self._rounds -= 1
        self._heard, self._tail = 0, b""
        assert self._transport
        if self._rounds:
            self._transport.write(self._request)
        else:
            self.done.set_result(None)
            self._transport.close()


async def _read(url: str, streams: int, rounds: int, events: int) -> Heard:
    loop = asyncio.get_running_loop()
    host, port = messages.address(url)
    request = messages.post(url, messages.STREAM_REQUEST)
    expected = events + messages.LAST_EVENTS_COUNT
    readers = [_Reader(request, rounds, expected) for _ in range(streams)]
    started = time.perf_counter()
    for reader in readers:
        await loop.create_connection(lambda reader=reader: reader, host, port)  # type: ignore[misc]  # bound early
    await asyncio.gather(*(reader.done for reader in readers))
    elapsed = time.perf_counter() - started
    return Heard(streams * rounds, sum(r.events for r in readers), sum(r.reads for r in readers), elapsed)


if __name__ == "__main__":
    heard = uvloop.run(_read(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
    print(msgspec.json.encode(heard).decode())
