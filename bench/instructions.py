"""What does a request cost in machine instructions, in a worker's own code? For work on it, beside the clock.

`python -m bench.instructions` counts them under valgrind for each kind of request; `--clock` takes the time instead.
Sockets are left out: the connections are fed by hand.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import uvloop

from bench import messages
from torana.directory import compile_directory
from torana.errors import LocalModelMissing
from torana.flow import Flow
from torana.front import Front
from torana.journal import Journal
from torana.limits import Scope, SpendLimits, SpendRule
from torana.message import Origin
from torana.providers import table
from torana.settings import resolve
from torana.snapshot import AccountConfig, GatewayConfig, Snapshot, TokenConfig
from torana.statistics import Statistics
from torana.storage import pricing
from torana.storage.books import Books
from torana.storage.mapped_counters import MappedCounters
from torana.storage.memory_cache import MemoryCache
from torana.wire.deadlines import Deadlines
from torana.wire.pool import Pool
from torana.wire.server_connection import Connection
from torana.wire.server_shared import ServerLimits, Shared
from torana.wire.upstream import Upstream
from torana.wire.upstream_connection import UpstreamConnection, UpstreamLimits
from torana.worker import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from torana.attempts import LocalPlace
    from torana.router.flow import Flow as Router
    from torana.router.shelf import Shelf
    from torana.worker import Worker

T = TypeVar("T")
KINDS = ("plain", "cached", "missed", "limited", "policies")
_ACCOUNT = "0123456789abcdef0123456789abcdef"
_TOKEN = "torana_0123456789abcdef0123456789abcdef"  # noqa: S105  # of a directory that lives for a second
_URL = f"http://127.0.0.1:8787/v1/{_ACCOUNT}/default/openai/chat/completions"
_UPSTREAM = Origin("127.0.0.1", 8700, is_tls=False)
_MANY = 1_000_000_000
_WARM = 400
_COUNTED = 500
_FIRST = 10_000
_HEAD = (
    b"HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 23 Nov 2026 08:00:00 GMT\r\nContent-Type: application/json"
    b"\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n"
)
_TOTAL = re.compile(r"Collected : (\d+)")


class _Wire:
    """A transport's place: what is written stays here until it is looked at."""

    written = b""

    def write(self, data: bytes) -> None:
        self.written = data

    def get_extra_info(self, _: str) -> None:
        return None

    def get_write_buffer_size(self) -> int:
        return 0


class _NoModel:
    async def endpoint(self, *, is_dead: bool) -> LocalPlace:
        raise LocalModelMissing("there is no model here")


def _config(kind: str) -> GatewayConfig:
    is_all = kind == "policies"
    if is_all or kind == "limited":
        partition = Scope(mode="partition")
        rule = SpendRule(limit=_MANY, limitType="cost", window=86_400, metadata={"team": partition})
        return GatewayConfig(
            _ACCOUNT,
            "default",
            authentication=is_all,
            cache_ttl=3600 if is_all else 0,
            rate_limiting_limit=_MANY,
            rate_limiting_interval=3600,
            rate_limiting_technique="sliding",
            spend_limits=SpendLimits(enabled=True, rules=[rule]),
        )
    return GatewayConfig(_ACCOUNT, "default", cache_ttl=0 if kind == "plain" else 3600)


def _headers(kind: str) -> dict[str, str]:
    metadata = {"cf-aig-metadata": '{"team": "bench", "user": 7}'} if kind in ("limited", "policies") else {}
    return metadata | ({"cf-aig-authorization": f"Bearer {_TOKEN}"} if kind == "policies" else {})


class Bench:
    """One client's connection to a worker, and its connection to an upstream."""

    def __init__(self, kind: str, folder: Path) -> None:
        settings = resolve({"data_dir": str(folder)}, {})
        block = Statistics.create(folder / "statistics", 1).block(0)
        self._journal = Journal(folder / "journal", "bench", 1 << 40, 1 << 30)
        self._journal.open()
        books = Books(lambda: MappedCounters(folder / "counters", 0), lambda: pricing.load(settings))
        recorder = Recorder(self._journal, block, books, MemoryCache(64 << 20))
        token = TokenConfig(hashlib.sha256(_TOKEN.encode()).hexdigest(), "t", _ACCOUNT, "bench", ["run"])
        snapshot = Snapshot(1, [AccountConfig(_ACCOUNT, "bench", 0)], [_config(kind)], [token])
        deadlines = Deadlines(asyncio.get_running_loop(), 1.0)
        upstream = Upstream(UpstreamLimits(), deadlines)
        places = {"openai": f"http://{_UPSTREAM.host}:{_UPSTREAM.port}/v1"}
        flow = Flow(compile_directory(snapshot, recorder), table(places), upstream, _NoModel(), 1 << 20, books.load)
        flow.wire = upstream
        front = Front(flow, cast("Router", None), cast("Shelf", None), upstream, cast("Worker", None), "")
        self._books = books
        self._client, self._asked = _Wire(), _Wire()
        self._connection = Connection(Shared(front.handle, front.refuse, ServerLimits(), deadlines))
        self._connection.connection_made(cast("asyncio.Transport", self._client))
        self._upstream = _connected(upstream, self._asked, deadlines)
        self._answer = _HEAD % len(messages.ANSWER) + messages.ANSWER
        self._request = messages.post(_URL, b'{"user": "%08d", ' % 0 + messages.REQUEST[1:], _headers(kind))
        self._is_limited = kind in ("limited", "policies")
        self._varies = kind not in ("plain", "cached")

    async def prepare(self) -> None:
        if self._is_limited:
            await self._books.load()
        self.run(_WARM)
        assert b"200 OK" in self._client.written, self._client.written

    def run(self, times: int, first: int = 0) -> None:
        """Requests that differ where their kind says so, numbered from `first`."""
        feed, answer, asked = self._connection.data_received, self._answer, self._asked
        for number in range(first, first + times):
            feed(self._request.replace(b"00000000", b"%08d" % number, 1) if self._varies else self._request)
            if asked.written:
                asked.written = b""
                self._upstream.data_received(answer)

    def close(self) -> None:
        self._journal.close()
        self._books.close()


def _connected(upstream: Upstream, wire: _Wire, deadlines: Deadlines) -> UpstreamConnection:
    async def dial(*_: object) -> None:
        raise AssertionError("there is one connection, and it is kept")

    pool = upstream._pools[_UPSTREAM] = Pool(_UPSTREAM, UpstreamLimits(), deadlines, dial)  # noqa: SLF001  # no sockets
    connection = UpstreamConnection(pool.label, UpstreamLimits(), pool._release, pool._lost)  # noqa: SLF001  # the same
    connection.connection_made(cast("asyncio.Transport", wire))
    pool.open.add(connection)
    pool.idle.append(connection)
    return connection


def _bench(kind: str, work: Callable[[Bench], T]) -> T:
    async def run() -> T:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(kind, Path(folder))
            await bench.prepare()
            gc.collect()
            gc.freeze()
            try:
                return work(bench)
            finally:
                bench.close()

    return uvloop.run(run())


def _best_us(bench: Bench) -> float:
    best = float("inf")
    for turn in range(40):
        began = time.perf_counter()
        bench.run(500, _FIRST + turn * 500)
        best = min(best, time.perf_counter() - began)
    return best * 1e6 / 500


def _instructions(kinds: list[str]) -> list[float]:
    """For each kind the difference of a long run and a short one: what both have in common falls out."""
    valgrind = shutil.which("valgrind")
    assert valgrind, "valgrind is not installed"
    command = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [sys.executable, "-m", "bench.instructions", "--forked", *kinds]
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONHASHSEED": "0"}
    ).stderr
    found = [int(total) for total in _TOTAL.findall(said)]
    assert len(found) == 2 * len(kinds) + 1, said
    return [(found[at + 1] - found[at]) / (2 * _COUNTED) for at in range(0, 2 * len(kinds), 2)]


def _run_forked(kinds: list[str]) -> None:
    """Forks, as the imports are what takes long under valgrind: it counts for each child by itself."""
    for kind in kinds:
        for times in (_COUNTED, 3 * _COUNTED):
            if not (child := os.fork()):
                _bench(kind, lambda bench, times=times: bench.run(times, _FIRST))  # type: ignore[misc]  # bound early
                sys.exit()
            assert os.waitpid(child, 0)[1] == 0


def main() -> None:
    parser = argparse.ArgumentParser(description="What a request costs, in a worker's own code.")
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], help="all of them if none is named")
    parser.add_argument("--clock", action="store_true", help="microseconds in place of instructions")
    parser.add_argument("--forked", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    kinds = asked.kinds or list(KINDS)
    if asked.forked:
        _run_forked(kinds)
    elif asked.clock:
        for kind in kinds:
            print(f"{kind:10}{_bench(kind, _best_us):8.1f} µs", flush=True)
    else:
        for kind, counted in zip(kinds, _instructions(kinds), strict=True):
            print(f"{kind:10}{counted:10,.0f}")


if __name__ == "__main__":
    main()
