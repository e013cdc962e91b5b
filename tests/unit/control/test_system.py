"""How the server is, as far as the machine tells."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from torana.catalog.prices import Prices
from torana.control.ingest import Ingester
from torana.control.operations import open_store
from torana.control.running import Running
from torana.control.system import look, rss_bytes
from torana.journal import Journal
from torana.settings import Settings
from torana.statistics import CONNECTIONS, DROPPED_BODIES, DROPPED_ROWS, IN_FLIGHT, REQUESTS, Statistics
from torana.storage.mapped_counters import COUNTERS, MappedCounters
from unit.storage.records import make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torana.control.operations import Store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path), journal_limit=1 << 20)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def ingester(store: Store) -> Iterator[Ingester]:
    made = Ingester(store.database.writer, store.folder / "journal", Prices(None), store.folder / "ingest.lock")
    yield made
    made.close()


@pytest.fixture
def running(settings: Settings, ingester: Ingester) -> Running:
    return Running(ingester, settings.path("journal"), settings.path("run", "statistics"), settings)


def test_a_server_of_which_nothing_is_known_yet_is_shown_all_the_same(store: Store, running: Running) -> None:
    found = look(store, running, "1.2.3")
    assert (found.version, found.workers) == ("1.2.3", [])
    assert (found.journal.bytes, found.journal.segments, found.journal.dropped) == (0, 0, 0)
    assert found.journal.most_bytes == 1 << 20
    assert found.control.pid == os.getpid()
    assert 0 <= found.uptime_s < 60
    assert found.disk.total_bytes > found.disk.free_bytes > 0
    [database] = found.stores
    assert (database.kind, database.rows) == ("sqlite", 0)
    assert database.revision
    assert database.bytes > 0
    assert found.versions["python"]
    assert found.features["https"] is False


def test_workers_that_run_are_shown_and_what_all_of_them_lost(store: Store, running: Running) -> None:
    with Statistics.create(running.statistics, 3) as page:
        for index, pid in ((0, os.getpid()), (2, 1 << 30)):
            page.block(index).begin(pid, 1_700_000_000)
            for slot, figure in ((REQUESTS, 10), (IN_FLIGHT, 3), (CONNECTIONS, 4), (DROPPED_ROWS, 5)):
                page.block(index).cells[slot] = figure
        page.block(0).cells[DROPPED_BODIES] = 6
        page.block(2).drop_reason = "the journal is at its limit"
        page.block(1).begin(7, 1_700_000_000)
        page.block(1).cells[DROPPED_ROWS] = 1
        page.block(1).end()
        found = look(store, running, "")
    one, other = found.workers
    assert (one.pid, one.started_at) == (os.getpid(), "2023-11-14T22:13:20.000Z")
    assert (one.requests, one.in_flight, one.connections) == (10, 3, 4)
    assert other.rss_bytes is None, "there is no such process"
    journal = found.journal
    assert (journal.dropped, journal.dropped_bodies, journal.drop_reason) == (11, 6, "the journal is at its limit")


def test_a_statistics_file_of_another_kind_is_no_obstacle(store: Store, running: Running) -> None:
    running.statistics.parent.mkdir()
    running.statistics.write_bytes(b"not one of ours")
    assert look(store, running, "").workers == []


def test_the_supervisor_says_when_the_server_started(store: Store, running: Running) -> None:
    state = running.settings.path("run", "state.json")
    state.parent.mkdir()
    state.write_text('{"url": "", "started_at": "2026-01-31T12:00:00Z"}')
    found = look(store, running, "")
    assert found.started_at == "2026-01-31T12:00:00.000Z"
    assert found.uptime_s == pytest.approx(time.time() - 1_769_860_800, abs=5)
    state.write_text("half a li")
    assert look(store, running, "").uptime_s < 60


def test_the_store_and_the_counters_are_measured(store: Store, ingester: Ingester, running: Running) -> None:
    journal = Journal(running.journal, "w", 1 << 30)
    journal.open()
    for number in range(3):
        assert journal.append(make_record(number))
    found = look(store, running, "").journal
    assert (found.segments, found.bytes) == (1, journal.appended_bytes)
    journal.close()
    assert ingester.run_once() == 3
    with MappedCounters(store.folder / COUNTERS, 0):
        pass
    database, counters = look(store, running, "").stores
    assert database.rows == 3
    assert (counters.kind, counters.rows) == ("counters", None)
    assert counters.bytes > 0


def test_logs_lag_for_as_long_as_some_wait(store: Store, ingester: Ingester, running: Running) -> None:
    ingester.level_at -= 100
    assert look(store, running, "").journal.lag_s > 99
    journal = Journal(running.journal, "w", 1 << 30)
    journal.open()
    assert journal.append(make_record(1))
    ingester.run_once(0)
    assert look(store, running, "").journal.lag_s > 99, "there was no time to store it"
    ingester.run_once()
    assert look(store, running, "").journal.lag_s < 50
    journal.close()


def test_memory_is_read_off_proc_where_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "statm").write_text("900 20 3 4 0 5 0\n")
    assert rss_bytes(7, tmp_path) == 20 * os.sysconf("SC_PAGE_SIZE")
    assert rss_bytes(8, tmp_path) is None
    (tmp_path / "7" / "statm").write_text("")
    assert rss_bytes(7, tmp_path) is None
    assert rss_bytes(7, tmp_path / "nothing") is None
