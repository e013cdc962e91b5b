"""How is the server? Its processes, its journal, its store and its disk, each read where it lies.

Nothing here waits for a worker, and nothing of it is needed: what cannot be read on this machine is null.
"""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import time
from datetime import datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.otel.targets import of_process
from torana.control.queries import to_rfc3339
from torana.journal import segments
from torana.local.embedding.weights import MINILM
from torana.local.weights import SMOLLM2, installed
from torana.statistics import Statistics
from torana.storage.mapped_counters import COUNTERS
from torana.storage.tables import log_counts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torana.control.operations import Store
    from torana.control.running import Running
    from torana.settings import Settings

Fact: TypeAlias = bool | int | str | None
_LIBRARIES = ("sqlalchemy", "msgspec", "httptools", "uvloop", "starlette", "uvicorn", "cryptography", "xllamacpp")
_PROC = Path("/proc")


class Worker(Struct, kw_only=True):
    """A process that serves requests."""

    pid: int
    started_at: str
    rss_bytes: int | None
    """Memory that it has, shared libraries counted in; null where the machine does not tell."""
    requests: int
    """Answered since it started."""
    in_flight: int
    """Being answered now."""
    connections: int
    """Of clients, open now."""


class Process(Struct, kw_only=True):
    pid: int
    rss_bytes: int | None


class JournalState(Struct, kw_only=True):
    """Where records wait until they are stored."""

    bytes: int
    """On the disk."""
    segments: int
    """Files."""
    lag_s: float
    """Seconds since all of it was in the store; below one where the store keeps up."""
    most_bytes: int
    """The setting `journal_limit`: near it bodies are dropped first, then records."""
    dropped: int
    """Records lost since the workers started, for want of room."""
    dropped_bodies: int
    """Records that lost their heads and bodies, likewise."""
    drop_reason: str
    """Why the last one was; empty where none was."""


class StoreState(Struct, kw_only=True):
    kind: Literal["sqlite", "counters"]
    where: str
    bytes: int
    rows: int | None
    """Logs; null where none are kept."""
    revision: str | None
    """Of its tables."""


class Disk(Struct, kw_only=True):
    """Of the data directory."""

    free_bytes: int
    total_bytes: int


class System(Struct, kw_only=True):
    """The server as it is at this moment."""

    version: str
    started_at: str
    uptime_s: float
    workers: list[Worker]
    control: Process
    journal: JournalState
    stores: list[StoreState]
    disk: Disk
    versions: dict[str, str | None]
    """Of Python, SQLite and the libraries that matter; null = not installed."""
    features: dict[str, Fact]
    """What is switched on or at hand."""


class _State(Struct):
    """Of supervisor.state.State, what matters here."""

    started_at: str


def look(store: Store, running: Running, own_version: str) -> System:
    started = _started(running)
    workers, losses = _workers(running.statistics)
    return System(
        version=own_version,
        started_at=to_rfc3339(int(started * 1000)),
        uptime_s=max(0.0, time.time() - started),
        workers=workers,
        control=Process(pid=os.getpid(), rss_bytes=rss_bytes(os.getpid())),
        journal=_journal(running, losses),
        stores=_stores(store),
        disk=_disk(store.folder),
        versions=_versions(),
        features=_features(running.settings, running.ingest.prices.version),
    )


def rss_bytes(pid: int, proc: Path = _PROC) -> int | None:
    """None where the system does not tell, or the process is gone."""
    try:
        return int((proc / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _started(running: Running) -> float:
    """Unix seconds: of the supervisor, or, where nobody says, of this process."""
    try:
        state = msgspec.json.decode(running.settings.path("run", "state.json").read_bytes(), type=_State)
        return datetime.fromisoformat(state.started_at).timestamp()
    except (OSError, msgspec.DecodeError, ValueError):
        return running.started


class _Losses(Struct):
    rows: int = 0
    bodies: int = 0
    reason: str = ""


def _workers(path: Path) -> tuple[list[Worker], _Losses]:
    """Those that run, and what all of them lost, those that have ended too."""
    found, losses = [], _Losses()
    try:
        page = Statistics.open(path, writable=False)
    except (OSError, ValueError):
        return [], losses  # no worker has started yet
    with page:
        for block in page.all():
            figures = block.read()
            losses.rows += figures["dropped_rows"]
            losses.bodies += figures["dropped_bodies"]
            losses.reason = block.drop_reason or losses.reason
            if figures["pid"]:
                found.append(_worker(figures))
    return found, losses


def _worker(figures: dict[str, int]) -> Worker:
    return Worker(
        pid=figures["pid"],
        started_at=to_rfc3339(figures["started_at"] * 1000),
        rss_bytes=rss_bytes(figures["pid"]),
        requests=figures["requests"],
        in_flight=figures["in_flight"],
        connections=figures["connections"],
    )


def _journal(running: Running, losses: _Losses) -> JournalState:
    paths = segments(running.journal)
    return JournalState(
        bytes=_size(paths),
        segments=len(paths),
        lag_s=max(0.0, time.time() - running.ingest.level_at),
        most_bytes=running.settings.journal_limit,
        dropped=losses.rows,
        dropped_bodies=losses.bodies,
        drop_reason=losses.reason,
    )


def _stores(store: Store) -> list[StoreState]:
    database = Path(store.database.reader.url.database or "")
    with store.database.reader.connect() as connection:
        rows = connection.execute(sa.select(sa.func.coalesce(sa.func.sum(log_counts.c.count), 0))).scalar_one()
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    files = [database, database.with_name(database.name + "-wal")]
    found = [StoreState(kind="sqlite", where=str(database), bytes=_size(files), rows=rows, revision=revision)]
    counters = store.folder / COUNTERS
    if counters.is_dir():
        size = _size(counters.iterdir())
        found.append(StoreState(kind="counters", where=str(counters), bytes=size, rows=None, revision=None))
    return found


def _size(paths: Iterable[Path]) -> int:
    """Of those that are there."""
    total = 0
    for path in paths:
        try:
            total += path.stat().st_size
        except OSError:
            continue  # it went meanwhile
    return total


def _disk(folder: Path) -> Disk:
    usage = shutil.disk_usage(folder)
    return Disk(free_bytes=usage.free, total_bytes=usage.total)


@lru_cache(maxsize=1)
def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _features(settings: Settings, prices: str) -> dict[str, Fact]:
    has_model = settings.providers.get("local") or settings.local_model or settings.path("local.json").exists()
    return {
        "https": bool(settings.tls_cert),
        "openid_connect": bool(settings.oidc_issuer),
        "local_model": bool(has_model) or installed(SMOLLM2) is not None,
        "embedding_model": bool(settings.embeddings_url) or installed(MINILM) is not None,
        "traces": of_process(settings, os.environ) is not None,
        "parquet_exports": find_spec("pyarrow") is not None,
        "web_search": None if settings.web_search_provider == "none" else settings.web_search_provider,
        "router_strategy": settings.router_strategy,
        "log_retention_days": settings.log_retention_days or None,
        "analytics_days": settings.analytics_days or None,
        "prices": prices,
    }
