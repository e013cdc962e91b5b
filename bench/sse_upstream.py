"""An upstream that streams: every connection gets its next event by one common clock.

`python -m bench.sse_upstream PORT EVENTS TICK_MS`; with EVENTS 0 a stream stays open after its first event.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop

from bench.messages import EVENT, LAST_EVENTS

_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    b"x-request-id: req_0123456789abcdef\r\ntransfer-encoding: chunked\r\n\r\n"
)


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


_EVENT = _chunked(EVENT)
_LAST = _chunked(LAST_EVENTS) + b"0\r\n\r\n"


class _Clock:
    """Ticks all open streams, so that events come one by one, whatever the number of streams."""

    def __init__(self, tick_s: float) -> None:
        self.streams: set[_Stream] = set()
        self._tick_s = tick_s
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.time()
        self._tick()

    def _tick(self) -> None:
        for stream in tuple(self.streams):
            stream.step()
        self._next = max(self._next + self._tick_s, self._loop.time())
        self._loop.call_at(self._next, self._tick)


class _Stream(asyncio.Protocol):
    """One connection; a stream at a time, kept alive after it."""

    def __init__(self, clock: _Clock, events: int) -> None:
        self._clock = clock
        self._events = events
        self._left = 0
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its base class

    def connection_lost(self, error: Exception | None) -> None:
        self._clock.streams.discard(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
        if not end or len(body) < length or not self._transport:
            return
        self._received = b""
        if self._events:
            self._transport.write(_HEAD)
            self._left = self._events
            self._clock.streams.add(self)
        else:
            self._transport.write(_HEAD + _EVENT)

    def step(self) -> None:
        if not self._transport:
            return
        if self._left:
            self._left -= 1
            self._transport.write(_EVENT)
        else:
            self._clock.streams.discard(self)
            self._transport.write(_LAST)


async def _serve(port: int, events: int, tick_s: float) -> None:
    clock = _Clock(tick_s)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Stream(clock, events), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000))
