"""What the ingester sums: each log once, in the transaction that stores it, and it outlives the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest
import sqlalchemy as sa

from torana.catalog.prices import Prices
from torana.control.analytics.histogram import bucket_of
from torana.control.analytics.retention import steps
from torana.control.analytics.rollups import MOST_PAIRS, OTHER, prune, read_pairs
from torana.control.ingest import Ingester
from torana.control.operations import Store
from torana.exchange import Attempt, Usage
from torana.journal import Journal, Record
from torana.storage.sql import open_sqlite
from torana.storage.tables import accounts, journal_positions, logs, metadata_minutes, request_minutes
from unit.storage.records import ACCOUNT, NOW_MS, make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torana.storage.sql import Database

RowOf: TypeAlias = dict[str, object]
MINUTE = NOW_MS - NOW_MS % 60_000
DAY = 86_400_000


class Place:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database: Database = open_sqlite(folder / "torana.db")
        self.ingester = Ingester(self.database.writer, folder / "journal", Prices(None), folder / "ingest.lock")
        self.journal = Journal(folder / "journal", "worker", 1 << 30)
        self.journal.open()

    def store(self, *records: Record) -> list[RowOf]:
        for record in records:
            assert self.journal.append(record)
        self.ingester.run_once()
        return self.rows(request_minutes)

    def rows(self, table: sa.Table) -> list[RowOf]:
        with self.database.reader.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]

    def tell(self, statement: sa.Executable) -> None:
        with self.database.writer.begin() as connection:
            connection.execute(statement)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.ingester.close()
    made.journal.close()
    made.database.close()


def test_what_one_log_says_is_what_its_minute_says(place: Place) -> None:
    usage = Usage(tokens_in=100, tokens_out=20, cached_tokens_in=40, reasoning_tokens_out=5, cost_nano=7_000)
    (row,) = place.store(make_record(1, usage=usage, is_stream=True, cancelled=True, metadata='{"user": "ann"}'))
    key = ("gateway_id", "start_ms", "provider", "model", "status", "is_stream", "cached")
    assert [row[name] for name in key] == ["default", MINUTE, "openai", "gpt-4o", 200, True, False]
    sums = {
        "requests": 1,
        "cancelled": 1,
        "tokens_in": 100,
        "tokens_out": 20,
        "cached_tokens_in": 40,
        "reasoning_tokens_out": 5,
        "cost_nano": 7_000,
        "unpriced": 0,
        "duration_us": 412_000,
        "first_byte_us": 400_000,
        "first_bytes": 1,
        f"duration_{bucket_of(412_000)}": 1,
        f"first_byte_{bucket_of(400_000)}": 1,
    }
    counted = {c.name for c in request_minutes.columns if not c.primary_key}
    assert {name: row[name] for name in counted if row[name]} == {name: value for name, value in sums.items() if value}
    (entry,) = place.rows(metadata_minutes)
    del entry["account_id"], entry["gateway_id"]
    assert entry == {
        "start_ms": MINUTE,
        "key": "user",
        "value": "ann",
        "requests": 1,
        "errors": 0,
        "cached": 0,
        "tokens_in": 100,
        "tokens_out": 20,
        "cost_nano": 7_000,
        "duration_us": 412_000,
    }


def test_batches_of_one_minute_are_added_up(place: Place) -> None:
    place.store(make_record(1), make_record(2))
    (row,) = place.store(make_record(3, duration_us=1_000_000))
    assert (row["requests"], row["duration_us"]) == (3, 2 * 412_000 + 1_000_000)
    assert (row[f"duration_{bucket_of(412_000)}"], row[f"duration_{bucket_of(1_000_000)}"]) == (2, 1)


def test_another_minute_model_or_outcome_is_another_row(place: Place) -> None:
    rows = place.store(
        make_record(1),
        make_record(2, created_ms=NOW_MS + 60_000),
        make_record(3, model="other"),
        make_record(4, status=500),
        make_record(5, is_broken=True),
        make_record(6, cached=True),
    )
    assert sorted(row["requests"] for row in rows) == [1] * 6  # type: ignore[type-var]  # numbers, all of them
    assert sorted((row["status"], row["is_error"]) for row in rows if row["is_error"]) == [(200, True), (500, True)]


def test_only_the_gateways_own_429_is_rate_limited(place: Place) -> None:
    rows = place.store(
        make_record(1, status=429, attempts=[]), make_record(2, status=429, attempts=[Attempt("openai", status=429)])
    )
    assert [(row["is_rate_limited"], row["requests"]) for row in rows] == [(False, 1), (True, 1)]


def test_what_is_read_twice_is_counted_once(place: Place) -> None:
    place.store(make_record(1), make_record(2))
    place.ingester.close()
    place.tell(sa.delete(journal_positions))
    (row,) = place.store(make_record(3))
    assert row["requests"] == 3
    assert len(place.rows(logs)) == 3


def test_sums_outlive_their_logs(place: Place) -> None:
    place.store(make_record(1, metadata='{"a": 1}'))
    place.tell(sa.delete(logs))
    (row,) = place.store()
    assert row["requests"] == 1
    assert len(place.rows(metadata_minutes)) == 1


def test_a_record_that_the_database_refuses_is_not_counted(place: Place) -> None:
    place.tell(
        sa.text("CREATE TRIGGER no BEFORE INSERT ON logs WHEN NEW.model = 'bad' BEGIN SELECT RAISE(FAIL, 'no'); END")
    )
    (row,) = place.store(make_record(1), make_record(2, model="bad"))
    assert (row["model"], row["requests"], place.ingester.refused) == ("gpt-4o", 1, 1)


def test_metadata_of_endless_variety_is_bounded(place: Place) -> None:
    many = MOST_PAIRS + 50
    place.store(*(make_record(n, created_ms=NOW_MS, metadata=f'{{"user": "u{n}"}}') for n in range(many - 101)))
    place.ingester._batch_rows = many
    place.store(*(make_record(n, created_ms=NOW_MS, metadata=f'{{"user": "v{n}"}}') for n in range(many, 2 * many)))
    entries = place.rows(metadata_minutes)
    assert sum(1 for entry in entries if str(entry["value"]).startswith("v")) == MOST_PAIRS
    assert [entry["requests"] for entry in entries if entry["value"] == OTHER] == [50]


@pytest.mark.parametrize(
    ("metadata", "pairs"),
    [
        ('{"a": "b", "n": 1.5, "i": 2.0, "t": true, "z": null}', [("a", "b"), ("n", "1.5"), ("i", "2"), ("t", "true")]),
        ("[1]", []),
        ("nonsense", []),
        ('{"k": "' + "x" * 500 + '"}', [("k", "x" * 128)]),
        ('{"k": [1]}', [("k", OTHER)]),
    ],
)
def test_metadata_is_read_as_text(metadata: str, pairs: list[tuple[str, str]]) -> None:
    assert read_pairs(metadata) == pairs


def gone(place: Place, days: int, most: int = 1_000) -> int:
    """With the clock two days and some minutes after NOW_MS."""
    store = Store(place.database, place.folder, lambda: NOW_MS + 2 * DAY + 120_000)
    total = 0
    for step in steps(store, days, most):
        while found := step():
            total += found
    return total


@pytest.fixture
def account(place: Place) -> None:
    place.tell(sa.insert(accounts).values(id=ACCOUNT, name="a", created_ms=1))


def test_old_sums_go_and_new_ones_stay(place: Place, account: None) -> None:
    place.store(*(make_record(n, created_ms=NOW_MS + n * DAY, metadata='{"a": 1}') for n in range(4)))
    assert (gone(place, 0), gone(place, 1), gone(place, 1)) == (0, 8, 0)
    assert len(place.rows(request_minutes)) == len(place.rows(metadata_minutes)) == 2


def test_many_sums_go_some_at_once(place: Place) -> None:
    place.store(*(make_record(n, created_ms=NOW_MS + n * 60_000) for n in range(10)))
    with place.database.writer.begin() as connection:
        deleted = [prune(connection, request_minutes, ACCOUNT, NOW_MS + DAY, some=3) for _ in range(5)]
    assert deleted == [3, 3, 3, 1, 0]


def test_a_table_with_too_many_rows_loses_the_oldest(place: Place, account: None) -> None:
    place.store(*(make_record(n, created_ms=NOW_MS + n * 60_000) for n in range(10)))
    assert gone(place, 0, most=4) == 6
    assert [row["start_ms"] for row in place.rows(request_minutes)] == [MINUTE + n * 60_000 for n in range(6, 10)]
