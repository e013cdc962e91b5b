"""A data-plane process: inference and nothing else, on one event loop."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
import socket
import ssl
import sys
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvloop

from torana import journal, sealing, snapshot, statistics
from torana.addresses import read_reach
from torana.attempts import LocalPlace
from torana.directory import Directory
from torana.embedder import embedder
from torana.errors import LocalModelMissing
from torana.flow import Flow
from torana.front import Front
from torana.journal import Journal
from torana.leash import Leash
from torana.message import Origin
from torana.plugins.pipeline import Pipeline
from torana.plugins.search import search
from torana.policies.semantic_cache import Figures, Recall
from torana.priority import be_prompt
from torana.providers import table
from torana.remembering import KEY_FILE, Responses, own_key
from torana.router.assembly import Around, router, shelf
from torana.semantic.index import Index
from torana.settings import Settings, SettingsError, control_socket, resolve
from torana.snapshot import Indexed, Snapshot, SnapshotError, Watch
from torana.storage import pricing
from torana.storage.books import Books
from torana.storage.cataloguing import Shop
from torana.storage.mapped_counters import COUNTERS, MappedCounters
from torana.storage.memory_cache import MemoryCache
from torana.wire.deadlines import Deadlines
from torana.wire.server import Server, ServerLimits
from torana.wire.tls import client_context
from torana.wire.upstream import Proxies, Upstream, UpstreamLimits

if TYPE_CHECKING:
    from torana.leash import Wanted
    from torana.statistics import Block
    from torana.storage.cache import Cache

log = logging.getLogger("torana.worker")

_TICK_S = 0.25
_TICKS_A_SYNC = 4
_TICKS_A_LOOK = 8
"""For files of models that an operator may have changed."""
# Young garbage is mostly dead requests without cycles: looking at it every 700 objects costs 4 % of a request.
_GC_THRESHOLDS = (20_000, 50, 100)


class Recorder:
    """The `Ports` of the policies: journal, cache, what limits are kept with, and how they fare."""

    def __init__(
        self,
        journal_: Journal,
        block: Block,
        books: Books,
        cache: Cache | None = None,
        recall: Recall | None = None,
    ) -> None:
        self.books = books
        self.record = journal_.append
        self.record_again = journal_.append_frame
        self.cache = cache
        self.recall = recall
        self._dropped = journal_.dropped
        self._block = block
        self._shown = (0, 0)

    def show(self) -> None:
        """What was lost, to all processes."""
        dropped = self._dropped
        lost = (dropped.rows, dropped.bodies)
        if lost != self._shown:
            self._shown = lost
            self._block.cells[statistics.DROPPED_ROWS], self._block.cells[statistics.DROPPED_BODIES] = lost
            self._block.drop_reason = dropped.reason


class LeashedModel:
    """An embedded model, as the supervisor runs it."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    async def endpoint(self, *, is_dead: bool) -> LocalPlace:
        if is_dead:
            self._wanted.forget()
        found = await self._wanted.need()
        url = urlsplit(found.url)
        if not url.hostname:
            raise LocalModelMissing(f"the local model's address `{found.url}` has no host")
        is_tls = url.scheme == "https"
        origin = Origin(url.hostname, url.port or (443 if is_tls else 80), is_tls)
        return LocalPlace(origin, url.path.rstrip("/").encode(), found.key.encode())


class Worker:
    """Everything one process has, put together; the only place that knows every part."""

    def __init__(self, settings: Settings, index: int, leash: Leash) -> None:
        loop = asyncio.get_running_loop()
        self._settings = settings
        self._leash = leash
        self._statistics = statistics.Statistics.open(settings.path("run", "statistics"))
        self._block = self._statistics.block(index)
        self._block.begin(os.getpid(), int(time.time()))
        self._journal = Journal(
            settings.path("journal"), f"{int(time.time() * 1000):013d}-{os.getpid()}", settings.journal_limit
        )
        self._cache = MemoryCache(settings.cache_bytes) if settings.cache_bytes else None
        self._books = Books(lambda: MappedCounters(settings.path(COUNTERS), index), lambda: pricing.load(settings))
        self._snapshot_path = settings.path("snapshot")
        self._watch = Watch(self._snapshot_path)
        self._masters: sealing.MasterKeys | None = None
        self._deadlines = Deadlines(loop, _sweep_interval(settings))
        self._upstream = Upstream(
            _upstream_limits(settings),
            self._deadlines,
            client_context(settings.upstream_ca),  # now, not at the first call: it takes 100 ms
            Proxies(os.environ),
            read_reach(settings.allow_private_upstreams),
        )
        self._embedder = embedder(settings, self._upstream, LeashedModel(leash.embedding))
        self._recall = Recall(Index(settings.semantic_cache_bytes, time.monotonic), self._embedder, Figures())
        recall = self._recall if self._cache is not None and settings.semantic_cache_bytes else None
        self._recorder = Recorder(self._journal, self._block, self._books, self._cache, recall)
        control = str(control_socket(settings))
        self._flow = Flow(
            self._first_directory(),
            table(settings.providers),
            self._upstream,
            LeashedModel(leash.local),
            settings.log_payload_bytes,
            self._books.load,
        )
        self._flow.wire = self._upstream
        self._flow.responses = Responses(
            own_key(settings.path(KEY_FILE)), self._upstream, Origin(control, 0, is_tls=False)
        )
        self._shop = Shop(settings)
        around = self._around()
        routing = router(around)
        self._flow.reroute = routing.reroute
        front = Front(self._flow, routing, shelf(around), self._upstream, self, control)
        self._server = Server(front.handle, front.refuse, _server_limits(settings), self._deadlines)
        self._is_draining = False

    def _around(self) -> Around:
        flow, settings = self._flow, self._settings
        return Around(
            directory=lambda: flow.directory,
            providers=flow.providers_of,
            attempts=flow.attempts,
            delivery=flow.delivery,
            upstream=self._upstream,
            books=self._books,
            shop=self._shop,
            cache=self._cache,
            pipeline=Pipeline(self._upstream, search(settings, self._upstream)),
            strategy=settings.router_strategy,
        )

    async def run(self, listening: socket.socket) -> None:
        """Serves until the leash says to drain, then until the last answer is out."""
        stop = asyncio.Event()
        self._leash.on_drain = stop.set
        self._journal.open()
        self._deadlines.start()
        await self._server.start(listening, _server_tls(self._settings))
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        ticking = asyncio.create_task(self._tick())
        self._leash.ready(pid=os.getpid())
        await stop.wait()
        self._is_draining = True
        await self._server.drain(self._settings.drain_timeout)
        ticking.cancel()
        self._embedder.close()
        await asyncio.to_thread(journal.sync, self._journal.unsynced())
        self._journal.close()
        self._books.close()
        self._block.end()
        self._upstream.close()

    def ready(self) -> tuple[bool, dict[str, object]]:
        """For `/readyz`: all workers' losses, since a load balancer may ask any of them."""
        blocks = self._statistics.all()
        self._recorder.show()
        rows = sum(b.cells[statistics.DROPPED_ROWS] for b in blocks)
        bodies = sum(b.cells[statistics.DROPPED_BODIES] for b in blocks)
        status = "draining" if self._is_draining else "degraded" if rows or bodies else "ready"
        reasons = sorted({b.drop_reason for b in blocks} - {""})
        return not self._is_draining, {
            "status": status,
            "logs": {"dropped_rows": rows, "dropped_bodies": bodies, "reason": "; ".join(reasons)},
            "workers": sum(1 for b in blocks if b.cells[statistics.PID]),
            "snapshot_version": self._flow.directory.version,
        }

    def _first_directory(self) -> Directory:
        found = snapshot.read_index(self._snapshot_path) if self._watch.changed() else Indexed(Snapshot(0, [], []))
        if self._lacks_master(found):
            self._load_masters()
        return Directory(found, self._recorder, self._masters)

    async def _next_directory(self) -> Directory:
        found = await snapshot.load_index(self._snapshot_path)
        if self._lacks_master(found):
            await asyncio.to_thread(self._load_masters)
        return Directory(found, self._recorder, self._masters)

    def _lacks_master(self, found: Indexed) -> bool:
        """Whether something is sealed with a master key that is new, or was never asked for."""
        return any(self._masters is None or not self._masters.has(one.master_id) for one in found.head.data_keys)

    def _load_masters(self) -> None:
        try:
            self._masters = sealing.load(self._settings)
        except sealing.MasterKeyError as error:
            log.error("stored keys cannot be used: %s", error)  # noqa: TRY400  # the operator's, not a bug
        sealing.prepare()

    async def _tick(self) -> None:
        """What is not worth doing for each request: swap the snapshot, show the figures, sync the journal."""
        ticks = 0
        while True:
            await asyncio.sleep(_TICK_S)
            ticks += 1
            try:
                if self._watch.changed():
                    self._flow.directory = await self._next_directory()
            except SnapshotError as error:
                log.error("the former configuration stays: %s", error)  # noqa: TRY400  # the operator's, not a bug
            self._journal.look()
            if self._cache is not None:
                self._cache.sweep()
            self._show()
            self._books.look()
            if ticks % _TICKS_A_LOOK == 0:
                await self._shop.look()
            if ticks % _TICKS_A_SYNC == 0 and (files := self._journal.unsynced()):
                try:
                    await asyncio.to_thread(journal.sync, files)
                except OSError as error:
                    log.error("the journal cannot be synced: %s", error.strerror)  # noqa: TRY400  # the same

    def _show(self) -> None:
        self._recorder.show()
        cells, server, upstream = self._block.cells, self._server, self._upstream
        cells[statistics.CONNECTIONS] = server.connections
        cells[statistics.IN_FLIGHT] = server.in_flight
        cells[statistics.REQUESTS] = server.requests
        cells[statistics.REFUSED] = server.refused
        cells[statistics.UPSTREAM_OPEN] = upstream.open_connections
        cells[statistics.UPSTREAM_IDLE] = upstream.idle_connections
        cells[statistics.UPSTREAM_OPENED] = upstream.opened
        cells[statistics.LOCAL_MODEL] = self._leash.local.known is not None
        cells[statistics.JOURNAL_BYTES] = self._journal.appended_bytes
        cells[statistics.SNAPSHOT_VERSION] = self._flow.directory.version
        if self._cache is not None:
            figures = self._cache.figures
            cells[statistics.CACHE_ENTRIES], cells[statistics.CACHE_BYTES] = figures.entries, figures.bytes
            cells[statistics.CACHE_HITS], cells[statistics.CACHE_MISSES] = figures.hits, figures.misses
            cells[statistics.CACHE_EVICTIONS] = figures.evictions
        asked = self._recall.figures
        cells[statistics.SEMANTIC_ENTRIES], cells[statistics.SEMANTIC_LOOKUPS] = (
            self._recall.index.entries,
            asked.lookups,
        )
        cells[statistics.SEMANTIC_HITS], cells[statistics.SEMANTIC_SHADOW_HITS] = asked.hits, asked.shadow_hits
        cells[statistics.SEMANTIC_FAILURES] = self._embedder.failures


def _sweep_interval(settings: Settings) -> float:
    shortest = min(
        settings.header_timeout,
        settings.body_timeout,
        settings.idle_timeout,
        settings.connect_timeout,
        settings.first_byte_timeout,
        settings.stream_idle_timeout,
        settings.upstream_idle_timeout,
    )
    return max(0.02, min(1.0, shortest / 4))


def _server_limits(settings: Settings) -> ServerLimits:
    return ServerLimits(
        max_url_bytes=settings.max_url_bytes,
        max_header_bytes=settings.max_header_bytes,
        max_body_bytes=settings.max_body_bytes,
        header_timeout_s=settings.header_timeout,
        body_timeout_s=settings.body_timeout,
        idle_timeout_s=settings.idle_timeout,
        send_timeout_s=settings.send_timeout,
    )


def _upstream_limits(settings: Settings) -> UpstreamLimits:
    return UpstreamLimits(
        connect_timeout_s=settings.connect_timeout,
        first_byte_timeout_s=settings.first_byte_timeout,
        stream_idle_timeout_s=settings.stream_idle_timeout,
        idle_timeout_s=settings.upstream_idle_timeout,
        connections=settings.upstream_connections,
    )


def _server_tls(settings: Settings) -> ssl.SSLContext | None:
    if not settings.tls_cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context


async def _work(settings: Settings, index: int, listening: socket.socket, leash_fd: int) -> None:
    leash = await Leash.hold(leash_fd)
    await Worker(settings, index, leash).run(listening)


def main() -> int:
    """`python -m torana.worker --index I --socket FD --leash FD`: started by the supervisor, never by hand."""
    parser = argparse.ArgumentParser(description="A Torana data-plane process; `torana serve` starts it.")
    for name in ("index", "socket", "leash"):
        parser.add_argument(f"--{name}", type=int, required=True)
    asked = parser.parse_args()
    # Ctrl-C in a terminal reaches the whole group: the supervisor alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    be_prompt()
    try:
        settings = resolve()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201  # the supervisor shows it
        return 2
    logging.basicConfig(
        level=settings.log_level.upper(),
        format=f"%(asctime)s torana[worker {asked.index}] %(message)s",
    )
    uvloop.run(_work(settings, asked.index, socket.socket(fileno=asked.socket), asked.leash))
    return 0


if __name__ == "__main__":
    sys.exit(main())
