"""Responses in the store: whose they are, how long they stay, and what is no response."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from torana.control.ingest import Ingester
from torana.control.operations import open_store
from torana.control.stored_responses import KEPT_MS, Asked, delete_expired, delete_response, find_chain
from torana.journal import Journal, Record
from torana.settings import Settings
from torana.storage.pricing import load
from torana.storage.tables import responses
from unit.storage.records import ACCOUNT, NOW_MS, make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torana.control.operations import Store

FIRST, SECOND, THIRD = (f"resp_{number:032x}" for number in (1, 2, 3))


class Place:
    def __init__(self, folder: Path) -> None:
        settings = Settings(data_dir=str(folder))
        self.store: Store = open_store(settings)
        self.writer = self.store.database.writer
        self.ingester = Ingester(self.writer, folder / "journal", load(settings), folder / "lock")
        self.journal = Journal(folder / "journal", "worker", 1 << 30)
        self.journal.open()

    def keep(self, *records: Record) -> None:
        for record in records:
            assert self.journal.append(record)
        self.ingester.run_once()

    def chain(self, id_: str, caller: str = "me", gateway: str = "default", *, now_ms: int = 0) -> list[str] | None:
        with self.store.database.reader.connect() as connection:
            found = find_chain(connection, Asked(ACCOUNT, gateway, caller, id_), now_ms or NOW_MS)
        return None if found is None else [json.loads(each)["id"] for each in found]

    def count(self) -> int:
        with self.store.database.reader.connect() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(responses)).scalar_one()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.journal.close()
    made.ingester.close()
    made.store.close()


def kept(number: int, id_: str, previous: str = "", **changed: object) -> Record:
    link = {"id": id_, "caller": "me", "previous": previous, "input": [], "response": {"id": id_, "text": "é" * 1_000}}
    return make_record(number, **{"created_ms": NOW_MS, "kept": json.dumps(link).encode(), **changed})


def test_a_chain_is_found_from_its_end(place: Place) -> None:
    place.keep(kept(1, FIRST), kept(2, SECOND, FIRST), kept(3, THIRD, SECOND))
    assert place.chain(THIRD) == [FIRST, SECOND, THIRD]
    assert place.chain(FIRST) == [FIRST]


def test_it_is_found_by_whose_it_is_alone(place: Place) -> None:
    place.keep(kept(1, FIRST), kept(2, SECOND, FIRST, gateway_id="another"))
    assert place.chain(FIRST, caller="you") is None
    assert place.chain(FIRST, gateway="another") is None
    assert place.chain(SECOND, gateway="another") is None, "the first is another gateway's"
    with place.writer.begin() as connection:
        assert not delete_response(connection, Asked(ACCOUNT, "default", "you", FIRST))
        assert delete_response(connection, Asked(ACCOUNT, "default", "me", FIRST))
    assert place.chain(FIRST) is None


def test_what_is_read_twice_is_kept_once(place: Place) -> None:
    place.keep(kept(1, FIRST), kept(1, FIRST))
    assert place.count() == 1


def test_it_goes_after_thirty_days(place: Place) -> None:
    now_ms = place.store.now_ms()
    old = kept(1, FIRST, created_ms=now_ms - KEPT_MS)
    place.keep(old, kept(2, SECOND, FIRST, created_ms=now_ms), kept(3, THIRD, created_ms=now_ms))
    assert place.chain(FIRST, now_ms=now_ms) is None
    assert place.chain(SECOND, now_ms=now_ms) is None, "the first of it is gone"
    assert place.chain(THIRD, now_ms=now_ms) == [THIRD]
    assert [delete_expired(place.store), delete_expired(place.store)] == [1, 0]
    assert place.count() == 2


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"id":7}', json.dumps({"id": "r" * 65}).encode()])
def test_what_is_no_response_stops_nothing(place: Place, content: bytes) -> None:
    place.keep(make_record(1, created_ms=NOW_MS, kept=content), kept(2, SECOND))
    assert place.count() == 1
    assert place.ingester.stored == 2


def test_a_secret_that_was_echoed_is_masked_in_it(place: Place) -> None:
    record = kept(1, FIRST)
    record.kept = record.kept.replace(b'"input": []', b'"input": ["sk-very-secret-key"]')
    assert place.journal.append(record, None, (b"sk-very-secret-key",))
    place.keep()
    with place.store.database.reader.connect() as connection:
        found = find_chain(connection, Asked(ACCOUNT, "default", "me", FIRST), NOW_MS)
    assert found is not None
    assert b"sk-very-secret-key" not in found[0]
    assert json.loads(found[0])["input"] == ["***"]
