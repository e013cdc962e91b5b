"""Requests at a given pace, and how long each answer took from the moment it was due.

`python -m bench.paced URL RATE SECONDS` prints one JSON line. The arrivals are a Poisson process, as of callers
who do not know of each other, and they do not wait for earlier answers; waiting for a free connection counts, so
nothing is left out.
"""

from __future__ import annotations

import random
import select
import socket
import sys
import time
from collections import deque

import msgspec
from msgspec import Struct

from bench import messages

_CONNECTIONS = 32


class Latency(Struct, frozen=True):
    requests: int
    p50_ms: float
    p99_ms: float


class _Arrivals:
    """The moments at which requests are due, drawn ahead."""

    def __init__(self, rate: float, seconds: float) -> None:
        self._dice = random.Random(1)
        self._rate = rate
        start = time.perf_counter() + 0.05
        self.end = start + seconds
        self.next = start

    def due(self, now: float) -> list[float]:
        moments = []
        while self.next <= now and self.next < self.end:
            moments.append(self.next)
            self.next += self._dice.expovariate(self._rate)
        return moments


class _Lines:
    """The connections: which are free, and since when each of the others is owed an answer."""

    def __init__(self, url: str) -> None:
        self._request = messages.post(url, messages.REQUEST)
        sockets = [socket.create_connection(messages.address(url)) for _ in range(_CONNECTIONS)]
        for line in sockets:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._by_fd = {line.fileno(): line for line in sockets}
        self._received = dict.fromkeys(self._by_fd, b"")
        self.free = list(self._by_fd)
        self.busy: dict[int, float] = {}
        self.took: list[float] = []

    def send(self, due: float) -> None:
        fd = self.free.pop()
        self.busy[fd] = due
        self._by_fd[fd].sendall(self._request)

    def receive(self, fd: int) -> None:
        data = self._by_fd[fd].recv(1 << 16)
        if not data:
            raise ConnectionError("the connection was closed under load")
        received = self._received[fd] + data
        wanted = messages.whole_length(received)
        if wanted is None or len(received) < wanted:
            self._received[fd] = received
            return
        if not received.startswith(b"HTTP/1.1 200 "):
            raise ConnectionError(received[:80].decode("latin-1"))
        self.took.append(time.perf_counter() - self.busy.pop(fd))
        self._received[fd] = b""
        self.free.append(fd)


def run(url: str, rate: float, seconds: float) -> Latency:
    lines = _Lines(url)
    arrivals = _Arrivals(rate, seconds)
    waiting: deque[float] = deque()
    while lines.busy or waiting or arrivals.next < arrivals.end:
        waiting.extend(arrivals.due(time.perf_counter()))
        while waiting and lines.free:
            lines.send(waiting.popleft())
        # select, for its timeout has microseconds; epoll's and libuv's have milliseconds.
        pause = max(0.0, arrivals.next - time.perf_counter()) if arrivals.next < arrivals.end else 1.0
        for fd in select.select(list(lines.busy), [], [], pause)[0]:
            lines.receive(fd)
    took = sorted(lines.took)
    return Latency(len(took), took[len(took) // 2] * 1000, took[len(took) * 99 // 100] * 1000)


if __name__ == "__main__":
    print(msgspec.json.encode(run(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))).decode())
