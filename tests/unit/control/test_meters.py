"""How endpoints fare, from every attempt that was made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from torana.catalog.prices import Prices
from torana.control.meters import KEPT_MINUTES, MINUTE_MS, read_figures
from torana.control.operations import Store, open_store
from torana.control.turns import SharedIngester
from torana.exchange import Attempt, Usage
from torana.journal import Journal
from torana.settings import Settings
from torana.storage.tables import endpoint_minutes, journal_positions
from unit.storage.records import NOW_MS, make_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from torana.catalog.measured import Measured

PLACE = ("openai", "gpt-4o")
MODEL = "gpt-4o"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    yield opened
    opened.close()


@pytest.fixture
def bring_in(store: Store, tmp_path: Path) -> Iterator[Callable[..., None]]:
    journal = Journal(tmp_path / "journal", "w", 1 << 30)
    journal.open()
    ingester = SharedIngester(store.database.writer, tmp_path / "journal", Prices(None), tmp_path / "lock")

    def bring(*records: object) -> None:
        for record in records:
            assert journal.append(record)  # type: ignore[arg-type]  # a record
        ingester.run_once()

    yield bring
    ingester.close()
    journal.close()


def figures(store: Store, now_ms: int = NOW_MS) -> dict[tuple[str, str], Measured]:
    with store.database.reader.connect() as connection:
        return read_figures(connection, now_ms)


def answered(status: int = 200, ended_s: float = 2.0, first_byte_s: float | None = 0.5) -> Attempt:
    return Attempt("openai", MODEL, status, 0.0, first_byte_s, ended_s)


def test_every_attempt_counts_and_the_last_one_is_timed(store: Store, bring_in: Callable[..., None]) -> None:
    failed = Attempt("azure-openai", MODEL, 503, 0.0, None, 0.1)
    usage = Usage(10, 100)
    bring_in(
        make_record(1, is_stream=True, usage=usage, attempts=[failed, Attempt("openai", MODEL, 200, 1.0, 1.5, 3.0)])
    )
    found = figures(store)
    assert found["azure-openai", MODEL].uptime_5m == 0.0
    measured = found[PLACE]
    assert (measured.uptime_5m, measured.uptime_1d, measured.attempts) == (100.0, 100.0, 1)
    assert measured.latency is not None
    assert measured.throughput is not None
    assert measured.latency.p50 == pytest.approx(500, rel=0.06)
    assert measured.throughput.p99 == pytest.approx(50, rel=0.06)


def test_only_streams_say_when_their_first_token_came(store: Store, bring_in: Callable[..., None]) -> None:
    bring_in(make_record(1, usage=Usage(1, 10), attempts=[answered()]))
    assert figures(store)[PLACE].latency is None
    assert figures(store)[PLACE].throughput is not None


@pytest.mark.parametrize("status", [400, 403, 413, 422, 429, 451])
def test_what_the_caller_did_wrong_and_rate_limits_are_no_failures(
    store: Store, bring_in: Callable[..., None], status: int
) -> None:
    bring_in(make_record(1, attempts=[answered()]), make_record(2, status=status, attempts=[answered(status)]))
    assert (figures(store)[PLACE].uptime_30m, figures(store)[PLACE].attempts) == (100.0, 2)


@pytest.mark.parametrize("status", [0, 401, 404, 408, 500, 529])
def test_what_the_provider_did_wrong_is(store: Store, bring_in: Callable[..., None], status: int) -> None:
    bring_in(make_record(1, attempts=[answered()]), make_record(2, status=502, attempts=[answered(status)]))
    assert figures(store)[PLACE].uptime_30m == 50.0


def test_an_answer_that_breaks_off_is_a_failure_unless_its_caller_left(
    store: Store, bring_in: Callable[..., None]
) -> None:
    bring_in(
        make_record(1, attempts=[answered()]),
        make_record(2, is_broken=True, attempts=[answered()]),
        make_record(3, cancelled=True, is_broken=True, attempts=[answered()]),
        make_record(4, cancelled=True, status=499, attempts=[answered(0)]),
    )
    found = figures(store)[PLACE]
    assert (found.attempts, found.uptime_5m) == (4, 66.667)


def test_figures_are_of_the_last_minutes(store: Store, bring_in: Callable[..., None]) -> None:
    for number, minutes in enumerate((0, 10, 60)):
        at = NOW_MS - minutes * MINUTE_MS
        bring_in(make_record(number, created_ms=at, status=500, attempts=[answered(500)]))
        bring_in(make_record(number + 10, created_ms=at, attempts=[answered()]))
    bring_in(make_record(20, created_ms=NOW_MS - 60 * MINUTE_MS, attempts=[answered()]))
    found = figures(store)[PLACE]
    assert (found.uptime_5m, found.uptime_30m, found.uptime_1d, found.attempts) == (50.0, 50.0, 57.143, 7)
    assert figures(store, NOW_MS + 20 * MINUTE_MS)[PLACE].uptime_5m is None
    assert PLACE not in figures(store, NOW_MS + 2 * 24 * 60 * MINUTE_MS)


def test_minutes_add_up_over_batches_and_what_is_read_twice_counts_once(
    store: Store, bring_in: Callable[..., None], tmp_path: Path
) -> None:
    bring_in(*(make_record(number, attempts=[answered()]) for number in range(3)))
    bring_in(*(make_record(number, status=500, attempts=[answered(500)]) for number in range(3, 5)))
    with store.database.writer.begin() as connection:
        connection.execute(sa.delete(journal_positions))
    again = SharedIngester(store.database.writer, tmp_path / "journal", Prices(None), tmp_path / "lock2")
    again.run_once()
    again.close()
    assert (figures(store)[PLACE].attempts, figures(store)[PLACE].uptime_5m) == (5, 60.0)


def test_names_that_a_database_refuses_stop_nothing(store: Store, bring_in: Callable[..., None]) -> None:
    bring_in(make_record(1, attempts=[Attempt("openai", "a\0b" + "x" * 500, 200, 0.0, 0.1, 0.2)]))
    ((_, model),) = figures(store)
    assert (model[:2], len(model)) == ("ab", 256)


def test_answers_from_the_cache_were_not_asked_for(store: Store, bring_in: Callable[..., None]) -> None:
    bring_in(make_record(1, cached=True, attempts=[]))
    assert figures(store) == {}


def test_old_minutes_go(store: Store, bring_in: Callable[..., None]) -> None:
    bring_in(make_record(1, created_ms=NOW_MS - (KEPT_MINUTES + 5) * MINUTE_MS, attempts=[answered()]))
    bring_in(make_record(2, attempts=[answered()]))
    with store.database.reader.connect() as connection:
        minutes = connection.execute(sa.select(endpoint_minutes.c.minute)).scalars().all()
    assert minutes == [NOW_MS // MINUTE_MS]
