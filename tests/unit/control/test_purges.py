"""Marks of purges: they grow, they are few, and none that is needed is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from torana import snapshot
from torana.control.gateway_settings import GatewaySettings
from torana.control.operations import (
    Store,
    create_gateway,
    delete_gateway,
    ensure_default,
    open_store,
    purge_cache,
    update_gateway,
)
from torana.control.purges import MOST_KEYS, Marks, mark, read_marks
from torana.control.refusals import NoSuchThing
from torana.policies.cache_key import LONGEST_TTL_S, name_of
from torana.settings import Settings
from torana.snapshot import GatewayConfig
from torana.storage.tables import audit_logs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY_MS = 86_400_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    yield opened
    opened.close()


@pytest.fixture
def account(store: Store) -> str:
    return ensure_default(store).id


def served(store: Store) -> GatewayConfig:
    """The gateway `default` as workers are told of it."""
    return next(gateway for gateway in snapshot.read(store.snapshot_path).gateways if gateway.id == "default")


def test_a_purge_is_in_the_audit_log(store: Store, account: str) -> None:
    purge_cache(store, account, "default", "mine")
    with store.database.reader.connect() as connection:
        row = connection.execute(sa.select(audit_logs).order_by(audit_logs.c.id.desc())).first()
    assert row is not None
    assert (row.action, row.resource_type, row.resource_id) == ("delete", "ai_gateway.cache", "default")


def test_a_purge_reaches_the_snapshot(store: Store, account: str) -> None:
    version = snapshot.read(store.snapshot_path).version
    assert (served(store).cache_mark, served(store).cache_key_marks) == (0, {})
    at = purge_cache(store, account, "default", "mine")
    assert served(store).cache_key_marks == {name_of(b"mine"): at}
    whole = purge_cache(store, account, "default")
    assert served(store).cache_mark >= whole > 0
    assert served(store).cache_key_marks == {}
    assert snapshot.read(store.snapshot_path).version == version + 2


def test_two_purges_in_one_moment_are_two(store: Store, account: str) -> None:
    still = msgspec.structs.replace(store, now_ms=lambda: 5)
    seen = set()
    for key in (None, "a", None, "a", "a", None):
        purge_cache(still, account, "default", key)
        seen.add((served(store).cache_mark, tuple(served(store).cache_key_marks.items())))
    assert len(seen) == 6


def test_a_gateway_that_is_not_there_has_no_cache(store: Store, account: str) -> None:
    with pytest.raises(NoSuchThing):
        purge_cache(store, account, "nobody")
    create_gateway(store, account, "other")
    purge_cache(store, account, "other")
    assert served(store).cache_mark == 0
    delete_gateway(store, account, "other")
    with store.database.reader.connect() as connection:
        assert read_marks(connection) == {}


@pytest.mark.parametrize(("before", "after", "purged"), [(False, False, 0), (True, True, 2), (False, True, 1)])
def test_a_change_of_settings_purges_where_the_gateway_wants_it(
    store: Store,
    account: str,
    before: bool,  # noqa: FBT001  # a parameter of the table
    after: bool,  # noqa: FBT001  # the same
    purged: int,
) -> None:
    marks = {served(store).cache_mark}
    for wanted in (before, after):
        update_gateway(store, account, "default", GatewaySettings(cache_ttl=60, cache_invalidate_on_update=wanted))
        marks.add(served(store).cache_mark)
    assert len(marks) == 1 + purged
    assert served(store).cache_ttl == 60


def test_the_change_that_switches_it_off_still_purges(store: Store, account: str) -> None:
    update_gateway(store, account, "default", GatewaySettings(cache_invalidate_on_update=True))
    first = served(store).cache_mark
    update_gateway(store, account, "default", GatewaySettings())
    assert served(store).cache_mark > first


def test_many_keys_become_a_purge_of_everything(store: Store, account: str) -> None:
    gateway = (account, "default")
    with store.database.writer.begin() as connection:
        for number in range(MOST_KEYS):
            mark(connection, gateway, number + 1, f"key-{number}")
        assert len(read_marks(connection)[gateway].keys) == MOST_KEYS
        mark(connection, gateway, 10_000, "one more")
        assert read_marks(connection)[gateway] == Marks(10_000)


def test_a_mark_goes_when_all_that_it_hides_has_expired(store: Store, account: str) -> None:
    gateway = (account, "default")
    with store.database.writer.begin() as connection:
        mark(connection, gateway, DAY_MS, "old")
        mark(connection, gateway, 30 * DAY_MS, "newer")
        assert set(read_marks(connection)[gateway].keys) == {name_of(b"old"), name_of(b"newer")}
        mark(connection, gateway, DAY_MS + LONGEST_TTL_S * 1000, "newest")
        assert set(read_marks(connection)[gateway].keys) == {name_of(b"newer"), name_of(b"newest")}


class OneStore:
    """Made once for all examples of a property."""

    made: tuple[Store, str] | None = None


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from([None, "a", "b", "c"])), max_size=12))
@settings(max_examples=30, deadline=None)
def test_no_purge_is_ever_undone_while_what_it_hid_may_live(
    tmp_path_factory: pytest.TempPathFactory, purges: list[tuple[int, str | None]]
) -> None:
    if OneStore.made is None:
        opened = open_store(Settings(data_dir=str(tmp_path_factory.mktemp("purges"))))
        OneStore.made = opened, ensure_default(opened).id
    opened, account = OneStore.made
    gateway = (account, "default")

    def generations(marks: Marks) -> dict[str, tuple[int, int]]:
        return {key: (marks.whole, marks.keys.get(name_of(key.encode()), 0)) for key in "abc"}

    now = 0
    seen: list[tuple[int, dict[str, tuple[int, int]]]] = [(0, generations(Marks()))]
    with opened.database.writer.connect() as connection, connection.begin() as transaction:
        for days, key in purges:
            now += days * DAY_MS
            mark(connection, gateway, now, key)
            current = generations(read_marks(connection)[gateway])
            for until, former in seen:
                alive = until > now - LONGEST_TTL_S * 1000
                purged = [k for k in "abc" if key in (None, k)]
                assert not (alive and any(current[k] == former[k] for k in purged))
            seen = [(until, former) for until, former in seen] + [(now, current)]
        transaction.rollback()
