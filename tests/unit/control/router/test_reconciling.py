"""Counters that follow the ledger: after their file was lost, limits that come later, and killed workers."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from torana.catalog.prices import Prices
from torana.control.router.books import grant
from torana.control.router.key_rows import find_key
from torana.control.router.keychain import KeyMade, KeyWish, change_key, create_key
from torana.control.router.reconciling import Reconciler
from torana.errors import InsufficientCredits, KeyLimitExceeded
from torana.purse import Purse, bounds
from torana.routed import Routed, encode
from torana.storage.books import Books
from torana.storage.locks import FileLock
from torana.storage.mapped_counters import COUNTERS, MappedCounters
from torana.storage.tables import guardrail_assignments, guardrails
from unit.storage.records import make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torana.control.operations import Store
    from torana.control.turns import SharedIngester
    from torana.journal import Journal
    from torana.keys import RouterKey


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / COUNTERS


@pytest.fixture
def books(folder: Path) -> Iterator[Books]:
    opened = Books(lambda: MappedCounters(folder, 0), lambda: Prices(None))
    yield opened
    opened.close()


@pytest.fixture
def reconciler(store: Store, ingester: SharedIngester, folder: Path) -> Reconciler:
    return Reconciler(store, ingester, folder)


def known(store: Store, made: KeyMade) -> RouterKey:
    with store.database.reader.connect() as connection:
        found = find_key(connection, made.text)
    assert found is not None
    return found


def spend(store: Store, journal: Journal, key: RouterKey, nano: int, number: int, byok: int = 0) -> None:
    """As the data plane does it, but for the counters."""
    record = make_record(number, created_ms=store.now_ms())
    record.account_id = key.account_id
    said = Routed(f"gen-{number}", key.hash, "m", cost_nano=nano, upstream_nano=byok or nano, is_byok=bool(byok))
    record.routed = encode(said)
    assert journal.append(record)


def counted(books: Books, store: Store, key: RouterKey) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for bound in bounds(key, store.now_ms()):
        (standings,) = books.counters.standings([bound.counter.rule])
        found[bound.kind] = next((each.used, each.held) for each in standings if each.label == bound.counter.label)
    return found


def test_a_lost_file_is_made_anew_from_the_ledger(
    store: Store, account: str, journal: Journal, folder: Path, reconciler: Reconciler
) -> None:
    grant(store, account, 1_000)
    made = create_key(store, account, "default", KeyWish(name="a", limit_nano=600, limit_reset="daily"))
    key = known(store, made)
    first = Books(lambda: MappedCounters(folder, 0), lambda: Prices(None))
    purse = Purse(first)
    purse.settle(purse.hold(key, 600, is_byok=False, now_ms=store.now_ms()), 600)
    spend(store, journal, key, 600, 1)
    assert reconciler.run_once() == 0
    first.close()
    shutil.rmtree(folder)

    assert reconciler.run_once() == 2
    again = Books(lambda: MappedCounters(folder, 0), lambda: Prices(None))
    assert counted(again, store, key) == {"key": (600, 0), "credits": (600, 0)}
    with pytest.raises(KeyLimitExceeded):
        Purse(again).hold(key, 1, is_byok=False, now_ms=store.now_ms())
    unlimited = replace(key, limit_nano=None)
    with pytest.raises(InsufficientCredits):
        Purse(again).hold(unlimited, 401, is_byok=False, now_ms=store.now_ms())
    again.close()


def test_what_was_used_before_there_was_a_limit_counts(
    store: Store, account: str, journal: Journal, books: Books, reconciler: Reconciler
) -> None:
    made = create_key(store, account, "default", KeyWish(name="a"))
    spend(store, journal, known(store, made), 70, 1)
    spend(store, journal, known(store, made), 0, 2, byok=30)
    assert reconciler.run_once() == 0
    change_key(store, account, made.record.hash, {"limit_nano": 100, "include_byok": True})
    key = known(store, made)
    assert reconciler.run_once() == 1
    assert counted(books, store, key) == {"key": (100, 0)}
    assert reconciler.run_once() == 0


def test_budgets_of_guardrails_follow_too(
    store: Store, account: str, journal: Journal, books: Books, reconciler: Reconciler
) -> None:
    made = create_key(store, account, "default", KeyWish(name="a"))
    values = {"id": "g", "account_id": account, "gateway_id": "default", "created_ms": 1}
    content = '{"id": "g", "name": "g", "limit_nano": 50, "reset_interval": "monthly"}'
    with store.database.writer.begin() as connection:
        connection.execute(sa.insert(guardrails).values(**values, content=content))
        assigned = {"id": "a", "guardrail_id": "g", "key_hash": made.record.hash, "created_ms": 1}
        connection.execute(sa.insert(guardrail_assignments).values(assigned))
    spend(store, journal, known(store, made), 40, 1)
    assert reconciler.run_once() == 1
    assert reconciler.run_once() == 0
    books.counters.look()


def test_what_a_killed_worker_held_is_given_back_when_all_is_known(
    store: Store, account: str, journal: Journal, folder: Path, reconciler: Reconciler
) -> None:
    grant(store, account, 1_000)
    key = known(store, create_key(store, account, "default", KeyWish(name="a")))
    killed = Books(lambda: MappedCounters(folder, 0), lambda: Prices(None))
    Purse(killed).hold(key, 900, is_byok=False, now_ms=store.now_ms())
    spend(store, journal, key, 25, 1)
    killed.close()
    with MappedCounters(folder, 1) as other:  # who comes next counts what was held as used
        books = Books(lambda: other, lambda: Prices(None))
        assert counted(books, store, key) == {"credits": (900, 0)}
        assert reconciler.run_once() == 0  # it is seen for the first time
        assert counted(books, store, key) == {"credits": (900, 0)}
        assert reconciler.run_once() == 1
        assert counted(books, store, key) == {"credits": (25, 0)}
        Purse(books).hold(key, 975, is_byok=False, now_ms=store.now_ms())


def test_a_counter_that_is_in_use_is_not_lowered(
    store: Store, account: str, books: Books, reconciler: Reconciler
) -> None:
    grant(store, account, 1_000)
    key = known(store, create_key(store, account, "default", KeyWish(name="a")))
    purse, now_ms = Purse(books), store.now_ms()
    purse.settle(purse.hold(key, 100, is_byok=False, now_ms=now_ms), 100)  # its record is still to come
    assert reconciler.run_once() == 0
    held = purse.hold(key, 10, is_byok=False, now_ms=now_ms)
    assert reconciler.run_once() == 0
    purse.settle(held, 10)
    assert reconciler.run_once() == 0  # it has changed since the last look
    assert counted(books, store, key) == {"credits": (110, 0)}


def test_nothing_is_lowered_as_long_as_the_journal_is_not_in_the_ledger(
    store: Store, account: str, journal: Journal, books: Books, reconciler: Reconciler, tmp_path: Path
) -> None:
    grant(store, account, 1_000)
    key = known(store, create_key(store, account, "default", KeyWish(name="a")))
    purse = Purse(books)
    purse.settle(purse.hold(key, 100, is_byok=False, now_ms=store.now_ms()), 100)
    spend(store, journal, key, 100, 1)

    elsewhere = FileLock(tmp_path / "ingest.lock")
    assert elsewhere.take()
    assert [reconciler.run_once() for _ in range(3)] == [0, 0, 0]
    elsewhere.release()
    assert [reconciler.run_once() for _ in range(3)] == [0, 0, 0]
    assert counted(books, store, key) == {"credits": (100, 0)}
