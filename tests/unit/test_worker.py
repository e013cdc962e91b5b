"""What a worker tells of itself: its losses, its readiness, its snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import no_books
from torana import statistics
from torana.attempts import LocalPlace
from torana.errors import LocalModelMissing
from torana.journal import Journal, read, segments
from torana.leash import Leash, LocalEndpoint, Wanted
from torana.message import Origin
from torana.settings import Settings
from torana.snapshot import AccountConfig, GatewayConfig, Snapshot, write
from torana.statistics import DROPPED_BODIES, DROPPED_ROWS, PID, Statistics
from torana.wire.tls import client_context
from torana.worker import LeashedModel, Recorder, Worker
from unit.storage.records import make_record

ACCOUNT = "0123456789abcdef0123456789abcdef"
LIMIT = 1 << 20


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Statistics]:
    with Statistics.create(tmp_path / "run" / "statistics", 2) as created:
        yield created


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal", "worker", LIMIT)
    journal.open()
    yield journal
    journal.close()


# --- the recorder -----------------------------------------------------------------------------------------------------


def test_a_record_is_in_the_journal_and_nothing_is_lost(page: Statistics, journal: Journal, tmp_path: Path) -> None:
    recorder = Recorder(journal, page.block(1), no_books())
    recorder.record(make_record(1, request_body=b"key sk-0123456789"), None, (b"sk-0123456789",))
    recorder.show()
    [segment] = segments(tmp_path / "journal")
    assert [frame.record.request_body for frame in read(segment)] == [b"key ***"]
    assert (page.block(1).cells[DROPPED_ROWS], page.block(1).cells[DROPPED_BODIES]) == (0, 0)
    assert page.block(1).drop_reason == ""


def test_lost_bodies_and_then_lost_rows_are_shown_with_the_reason(page: Statistics, journal: Journal) -> None:
    recorder, block = Recorder(journal, page.block(1), no_books()), page.block(1)
    number = 0
    while not block.cells[DROPPED_BODIES]:
        number += 1
        recorder.record(make_record(number, response_body=bytes(40_000)))
        recorder.show()
    assert (block.cells[DROPPED_ROWS], block.drop_reason) == (0, "the journal is near its limit")
    while not block.cells[DROPPED_ROWS]:
        number += 1
        assert number < 2000, "rows never stopped"
        recorder.record(make_record(number, path="p" * 8_000))
        recorder.show()
    assert (block.cells[DROPPED_ROWS], block.drop_reason) == (1, "the journal is at its limit")
    assert page.block(0).cells[DROPPED_ROWS] == 0


def test_a_record_without_bodies_by_wish_is_no_loss(page: Statistics, journal: Journal) -> None:
    recorder = Recorder(journal, page.block(0), no_books())
    recorder.record(make_record(1, has_bodies=False))
    recorder.show()
    assert (page.block(0).cells[DROPPED_BODIES], page.block(0).drop_reason) == (0, "")


def test_a_journal_that_cannot_be_written_costs_rows_and_nothing_else(page: Statistics, tmp_path: Path) -> None:
    closed = Journal(tmp_path / "nowhere", "worker", LIMIT)
    recorder = Recorder(closed, page.block(0), no_books())
    recorder.record(make_record(1))
    recorder.show()
    assert page.block(0).cells[DROPPED_ROWS] == 1
    assert page.block(0).drop_reason == "No such file or directory"


# --- readiness --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def _warmed() -> None:
    client_context("")  # the first one of a process reads the system's authorities


@pytest.fixture
async def worker(page: Statistics, tmp_path: Path) -> Worker:
    write(tmp_path / "snapshot", Snapshot(3, [AccountConfig(ACCOUNT, "a", 0)], [GatewayConfig(ACCOUNT, "default")]))
    return Worker(Settings(data_dir=str(tmp_path)), 0, Leash())


async def test_a_new_worker_is_ready_with_the_snapshot_it_found(worker: Worker) -> None:
    assert worker.ready() == (
        True,
        {
            "status": "ready",
            "logs": {"dropped_rows": 0, "dropped_bodies": 0, "reason": ""},
            "workers": 1,
            "snapshot_version": 3,
        },
    )


async def test_without_a_snapshot_a_worker_starts_and_knows_nobody(page: Statistics, tmp_path: Path) -> None:
    is_ready, facts = Worker(Settings(data_dir=str(tmp_path)), 0, Leash()).ready()
    assert (is_ready, facts["snapshot_version"]) == (True, 0)


async def test_readiness_tells_of_all_workers_losses_and_stays_ready(worker: Worker, page: Statistics) -> None:
    for index, (rows, bodies, reason) in enumerate([(1, 2, "No space left on device"), (10, 20, "at its limit")]):
        block = page.block(index)
        block.cells[PID] = 100 + index
        block.cells[DROPPED_ROWS], block.cells[DROPPED_BODIES] = rows, bodies
        block.drop_reason = reason
    is_ready, facts = worker.ready()
    assert is_ready
    assert (facts["status"], facts["workers"]) == ("degraded", 2)
    reason = "No space left on device; at its limit"
    assert facts["logs"] == {"dropped_rows": 11, "dropped_bodies": 22, "reason": reason}


async def test_a_worker_that_is_gone_no_longer_counts_but_its_losses_do(worker: Worker, page: Statistics) -> None:
    other = page.block(1)
    other.begin(4711, 1)
    other.cells[DROPPED_ROWS] = 5
    assert worker.ready()[1]["workers"] == 2
    other.end()
    _, facts = worker.ready()
    assert (facts["workers"], facts["status"]) == (1, "degraded")
    assert len(page.all()) == 2
    assert statistics.FIELDS[PID] == "pid"


# --- the embedded model -----------------------------------------------------------------------------------------------


async def test_the_embedded_models_address_is_taken_apart() -> None:
    leash = Leash()
    leash.local.known = LocalEndpoint("http://127.0.0.1:9999/base/", "key-1")
    place = await LeashedModel(leash.local).endpoint(is_dead=False)
    assert place == LocalPlace(Origin("127.0.0.1", 9999, is_tls=False), b"/base", b"key-1")
    leash.local.known = LocalEndpoint("https://models.example", "")
    place = await LeashedModel(leash.local).endpoint(is_dead=False)
    assert place == LocalPlace(Origin("models.example", 443, is_tls=True))


async def test_an_address_without_a_host_is_named() -> None:
    leash = Leash()
    leash.local.known = LocalEndpoint("nonsense", "")
    with pytest.raises(LocalModelMissing, match="`nonsense` has no host"):
        await LeashedModel(leash.local).endpoint(is_dead=False)
    assert leash.local.known is not None


async def test_a_dead_model_is_forgotten_before_it_is_asked_for_again() -> None:
    class Restarting(Wanted):
        async def need(self) -> LocalEndpoint:
            return self.known or LocalEndpoint("http://127.0.0.1:2", "")

    wanted = Restarting(lambda: None)
    wanted.known = LocalEndpoint("http://127.0.0.1:1", "")
    model = LeashedModel(wanted)
    assert (await model.endpoint(is_dead=False)).origin.port == 1
    assert (await model.endpoint(is_dead=True)).origin.port == 2
