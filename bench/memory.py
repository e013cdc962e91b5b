"""How much memory does a worker take: at rest, after a million requests, with thousands of open streams?"""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bench import gateway, machine, messages, nginx
from bench.children import NotStarted, free_port, listens, module, running
from bench.cost import PATH
from bench.figure import Row

if TYPE_CHECKING:
    from bench.figure import Setup

_STREAMS = 5_000
_FILES_ASIDE = 500
"""Open files of a process besides its streams, generously."""


def growth(setup: Setup) -> list[Row]:
    """At rest, and after many requests."""
    room = setup.room("growth")
    upstream = free_port()
    wanted = 100_000 if setup.quick else 1_000_000
    with ExitStack() as stack:
        stack.enter_context(nginx.serving(room / "mock", [nginx.mock(upstream)], upstream, setup.load_core))
        base = f"http://127.0.0.1:{upstream}/v1"
        served = stack.enter_context(gateway.serving(room, base, setup.side_core))
        time.sleep(2)
        worker = served.worker
        rest = machine.memory(worker).resident
        warm, done = 0, 0
        while done < wanted:
            done += setup.load.run(served.url, 5.0 if done else 1.0, setup.folder).requests
            warm = warm or machine.memory(worker).resident
        after = machine.memory(worker).resident
        assert served.worker == worker, "the worker was replaced while it was measured"
    detail = f"{warm / 1024:.1f} MB after the first second of load, {after / 1024:.1f} MB at the end"
    return [
        Row("rest", "a worker's memory at rest", rest / 1024, 60.0, "MB", "resident, shared libraries counted in"),
        Row("growth", f"the same after {done:,} requests", (after - rest) / 1024, 5.0, "MB more", detail),
    ]


def streams(setup: Setup) -> list[Row]:
    """With many open streams on which nothing happens; nginx for comparison."""
    room = setup.room("streams")
    upstream, front = free_port(), free_port()
    count = min(_STREAMS, (machine.raise_open_files() - _FILES_ASIDE) // 2)
    with ExitStack() as stack:
        source = running(module("sse_upstream", str(upstream), "0", "1000"), room / "upstream.log", setup.load_core)
        stack.enter_context(source).await_(lambda: listens(upstream), "the streaming upstream")
        servers = [nginx.proxy(front, upstream, buffering=False)]
        many = 2 * count + _FILES_ASIDE
        proxy = stack.enter_context(nginx.serving(room / "nginx", servers, front, setup.side_core, many))
        base = f"http://127.0.0.1:{upstream}/v1"
        served = stack.enter_context(gateway.serving(room, base, setup.side_core))
        ours = _kb_per_stream(served.url, served.worker, count)
        theirs = _kb_per_stream(f"http://127.0.0.1:{front}{PATH}", proxy.pid, count)
    detail = f"{count:,} streams; private memory, without the kernel's for sockets; nginx {theirs:.1f} kB"
    return [Row("streams", "a worker's memory per open idle stream", ours, 30.0, "kB", detail)]


def _kb_per_stream(url: str, pid: int, count: int) -> float:
    for warm in _open(url, 100):
        warm.close()
    time.sleep(1)
    before = machine.memory(pid).private
    held = _open(url, count)
    time.sleep(2)
    grown = machine.memory(pid).private - before
    for line in held:
        line.close()
    return grown / count


def _open(url: str, count: int) -> list[socket.socket]:
    """So many streams, each with its first event received."""
    request = messages.post(url, messages.STREAM_REQUEST)
    held = []
    for _ in range(count):
        line = socket.create_connection(messages.address(url), timeout=20)
        line.sendall(request)
        held.append(line)
        received = b""
        while messages.EVENT_MARK not in received:
            data = line.recv(1 << 14)
            if not data:
                raise NotStarted(f"a stream ended at once: {received[:200]!r}")
            received += data
    return held
