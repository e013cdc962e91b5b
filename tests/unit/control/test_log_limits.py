"""How many logs a gateway keeps, and for how long."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest
import sqlalchemy as sa

from torana.control.gateway_settings import GatewaySettings
from torana.control.ingest import Ingester
from torana.control.log_limits import Limits, count_of
from torana.control.logs import load_bodies
from torana.control.operations import Store, create_gateway, ensure_default, open_store, update_gateway
from torana.control.retention import AT_ONCE
from torana.control.turns import open_ingester
from torana.journal import Journal
from torana.settings import Settings
from torana.storage.tables import configuration, gateways, log_bodies, log_counts, logs, request_minutes
from unit.storage.records import log_id, make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FEW = 1_000
"""Below what the API takes as a limit: tests set it in the store."""


class Place:
    """A store with a gateway of the given rule, and what brings logs in."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data_dir=str(folder), log_retention_days=30)
        self.store: Store = open_store(self.settings)
        self.account = ensure_default(self.store).id
        self.ingester: Ingester = open_ingester(self.settings, self.store)
        self.journal = Journal(folder / "journal", "w", 1 << 30)
        self.journal.open()

    def limit(self, gateway_id: str, most: int | None, strategy: str | None) -> None:
        with self.store.database.writer.begin() as connection:
            rule = msgspec.json.encode({"log_management": most, "log_management_strategy": strategy}).decode()
            connection.execute(sa.update(gateways).where(gateways.c.id == gateway_id).values(settings=rule))
            connection.execute(sa.update(configuration).values(version=configuration.c.version + 1))

    def bring(self, first: int, count: int, gateway_id: str = "default", *, bodies: bool = False) -> None:
        for number in range(first, first + count):
            body = {"request_body": b"%d" % number, "response_body": b"{}"} if bodies else {}
            record = make_record(number, account_id=self.account, gateway_id=gateway_id, **body)
            assert self.journal.append(record)
        self.ingester.run_once()

    def kept(self, gateway_id: str = "default") -> list[str]:
        with self.store.database.reader.connect() as connection:
            own = sa.select(logs.c.id).where(logs.c.gateway_id == gateway_id).order_by(logs.c.id)
            ids = list(connection.execute(own).scalars())
            assert count_of(connection, (self.account, gateway_id)) == len(ids)
            return ids

    def close(self) -> None:
        self.journal.close()
        self.ingester.close()
        self.store.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("strategy", ["STOP_INSERTING", None])
def test_a_full_gateway_takes_no_more_logs_and_says_how_many(place: Place, strategy: str | None) -> None:
    create_gateway(place.store, place.account, "free")
    place.limit("default", FEW, strategy)
    place.bring(0, FEW - 5)
    place.bring(FEW - 5, 20)
    place.bring(5_000, 30, "free")
    assert place.kept() == [log_id(number) for number in range(FEW)]
    assert len(place.kept("free")) == 30
    assert place.ingester.over_limit == {"default": 15}
    assert sum(sums.requests for sums in place.ingester.totals.sums.values()) == FEW + 15 + 30
    with place.store.database.reader.connect() as connection:
        summed = sa.select(sa.func.sum(request_minutes.c.requests)).where(request_minutes.c.gateway_id == "default")
        assert connection.execute(summed).scalar_one() == FEW + 15


def test_a_full_gateway_goes_on_when_there_is_room_again(place: Place) -> None:
    place.limit("default", FEW, "STOP_INSERTING")
    place.bring(0, FEW + 1)
    place.limit("default", FEW + 10, "STOP_INSERTING")
    place.bring(2_000, 20)
    assert len(place.kept()) == FEW + 10
    place.limit("default", None, None)
    place.bring(3_000, 20)
    assert len(place.kept()) == FEW + 30


def test_the_oldest_give_way_and_their_bodies_with_them(place: Place) -> None:
    place.limit("default", FEW, "DELETE_OLDEST")
    place.bring(0, FEW, bodies=True)
    assert place.kept()[0] == log_id(0)
    place.bring(FEW, 25, bodies=True)
    kept = place.kept()
    assert kept == [log_id(number) for number in range(25, FEW + 25)]
    assert place.ingester.deleted == {"limit": 25}
    place.bring(FEW + 25, 1, bodies=True)
    assert len(place.kept()) == FEW - FEW // 100 + 1, "a hundredth goes at once"
    with place.store.database.reader.connect() as connection:
        assert load_bodies(connection, log_id(25)) is None
        bodies = load_bodies(connection, kept[-1])
        assert bodies is not None
        assert bodies.request_body == b"1024"
        used = set(connection.execute(sa.select(logs.c.bodies_in)).scalars())
        assert set(connection.execute(sa.select(log_bodies.c.id)).scalars()) == used


def test_a_lower_limit_is_reached_with_the_next_log(place: Place) -> None:
    place.bring(0, FEW + AT_ONCE + 1)
    place.limit("default", FEW, "DELETE_OLDEST")
    place.bring(5_000, 1)
    assert place.kept() == [*(log_id(n) for n in range(AT_ONCE + 2, FEW + AT_ONCE + 1)), log_id(5_000)]


def test_what_is_read_twice_is_counted_once(place: Place, tmp_path: Path) -> None:
    place.bring(0, 10)
    again = Journal(tmp_path / "journal", "again", 1 << 30)
    again.open()
    for number in range(5, 15):
        assert again.append(make_record(number, account_id=place.account))
    again.close()
    place.ingester.run_once()
    assert place.kept() == [log_id(number) for number in range(15)]


def test_logs_that_are_too_old_go_by_themselves(place: Place) -> None:
    now = int(time.time() * 1000)
    day = 86_400_000
    for number, age in enumerate((31 * day, 30 * day + 1000, 29 * day, 0)):
        body = {"request_body": b"x", "response_body": b"y"}
        assert place.journal.append(make_record(number, created_ms=now - age, account_id=place.account, **body))

    async def some_passes() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(place.ingester.run(stop))
        asyncio.get_running_loop().call_later(0.3, stop.set)
        await running

    asyncio.run(some_passes())
    assert place.ingester.deleted == {"age": 2}
    assert place.kept() == [log_id(2, now - 29 * day), log_id(3, now)]
    with place.store.database.reader.connect() as connection:
        assert load_bodies(connection, log_id(0, now - 31 * day)) is None
        assert load_bodies(connection, log_id(3, now)) is not None


def test_the_settings_of_the_api_become_rules(place: Place) -> None:
    settings = GatewaySettings(log_management=10_000, log_management_strategy="DELETE_OLDEST")
    update_gateway(place.store, place.account, "default", settings)
    limits = Limits()
    with place.store.database.writer.begin() as connection:
        connection.execute(sa.insert(log_counts).values(account_id=place.account, gateway_id="default", count=9_999))
        limits.read(connection)
    owner = (place.account, "default")
    [surplus] = limits.surplus(Counter({owner: 3}))
    assert (surplus.owner, surplus.count) == (owner, 100)
    assert limits.takes(owner)
