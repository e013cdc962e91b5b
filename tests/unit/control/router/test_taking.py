"""What routed requests cost, in the books: once, whole, and adding up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torana.control.batch import Batch, Writer
from torana.control.retention import delete_older
from torana.control.router.books import entries, grant, totals
from torana.control.router.keychain import KeyWish, create_key, find_one
from torana.control.router.taking import taken_of
from torana.exchange import Usage
from torana.periods import day_of
from torana.routed import Routed, decode, encode
from torana.storage.sql import open_sqlite
from torana.storage.tables import activity_days, generations, ledger, ledger_totals, logs, router_key_days
from unit.storage.records import NOW_MS, make_record

if TYPE_CHECKING:
    from torana.control.operations import Store
    from torana.control.turns import SharedIngester
    from torana.journal import Journal, Record

KEY = "a" * 64
DAY = day_of(NOW_MS)


def routed(number: int = 0, account: str = "", **said: object) -> Record:
    wish: dict[str, object] = {
        "id": f"gen-{number}",
        "key_hash": KEY,
        "model": "openai/gpt-4o",
        "permaslug": "openai/gpt-4o-2024-11-20",
        "endpoint_id": "e1",
        "provider_name": "OpenAI",
        "cost_nano": 1_500,
        "upstream_nano": 1_500,
    }
    given = make_record(number, usage=Usage(10, 20, 3, reasoning_tokens_out=5), **said.pop("record", {}))  # type: ignore[arg-type]  # a test's
    given.routed = encode(msgspec.convert(wish | said, Routed))
    if account:
        given.account_id = account
    return given


def rows(store: Store, table: sa.Table) -> list[dict[str, object]]:
    with store.database.reader.connect() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def bring_in(journal: Journal, ingester: SharedIngester, *records: Record) -> None:
    for record in records:
        assert journal.append(record)
    ingester.run_once()


def test_a_generation_is_in_all_books(store: Store, account: str, journal: Journal, ingester: SharedIngester) -> None:
    bring_in(journal, ingester, routed(1, account, user="u", session_id="s"))
    (generation,) = rows(store, generations)
    log = rows(store, logs)[0]
    assert (generation["id"], generation["log_id"], generation["key_hash"]) == ("gen-1", log["id"], KEY)
    assert (generation["account_id"], generation["gateway_id"]) == (account, "default")
    assert decode(str(generation["content"])).session_id == "s"
    (entry,) = entries(store, account)
    assert (entry.id, entry.kind, entry.amount_nano, entry.key_hash) == ("gen-1", "usage", -1_500, KEY)
    assert rows(store, ledger_totals) == [{"account_id": account, "grants_nano": 0, "usage_nano": 1_500}]
    assert rows(store, router_key_days) == [
        {"key_hash": KEY, "day": DAY, "account_id": account, "cost_nano": 1_500, "byok_nano": 0, "requests": 1}
    ]
    (activity,) = rows(store, activity_days)
    assert activity == {
        "day": DAY,
        "account_id": account,
        "gateway_id": "default",
        "key_hash": KEY,
        "user_id": "u",
        "model": "openai/gpt-4o",
        "permaslug": "openai/gpt-4o-2024-11-20",
        "endpoint_id": "e1",
        "provider_name": "OpenAI",
        "cost_nano": 1_500,
        "byok_nano": 0,
        "requests": 1,
        "tokens_in": 10,
        "tokens_out": 20,
        "reasoning_tokens_out": 5,
        "cached_tokens_in": 3,
    }
    assert (log["cost_nano"], log["cost_source"]) == (1_500, "table")


def test_what_callers_own_keys_cost_is_no_usage_of_credits(
    store: Store, account: str, journal: Journal, ingester: SharedIngester
) -> None:
    bring_in(journal, ingester, routed(1, account, is_byok=True, cost_nano=0, upstream_nano=900))
    assert entries(store, account) == []
    assert rows(store, ledger_totals) == []
    (day,) = rows(store, router_key_days)
    assert (day["cost_nano"], day["byok_nano"], day["requests"]) == (0, 900, 1)
    assert rows(store, logs)[0]["cost_nano"] == 900


def test_an_answer_from_the_cache_used_nothing(
    store: Store, account: str, journal: Journal, ingester: SharedIngester
) -> None:
    bring_in(journal, ingester, routed(1, account, source_id="gen-0", cost_nano=0, upstream_nano=0))
    (activity,) = rows(store, activity_days)
    assert (activity["requests"], activity["tokens_in"], activity["tokens_out"]) == (1, 0, 0)


def test_a_failure_has_a_generation_and_no_price(
    store: Store, account: str, journal: Journal, ingester: SharedIngester
) -> None:
    failed = routed(1, account, model="", cost_nano=0, upstream_nano=0, record={"status": 502})
    failed.usage = None
    bring_in(journal, ingester, failed)
    assert len(rows(store, generations)) == 1
    assert rows(store, activity_days) == []
    assert entries(store, account) == []
    assert rows(store, logs)[0]["cost_nano"] is None


def test_requests_that_came_by_another_way_are_in_none(
    store: Store, account: str, journal: Journal, ingester: SharedIngester, caplog: pytest.LogCaptureFixture
) -> None:
    plain, broken = make_record(1), make_record(2)
    broken.routed = b"{"
    bring_in(journal, ingester, plain, broken)
    assert rows(store, generations) == rows(store, router_key_days) == []
    assert len(rows(store, logs)) == 2
    assert "cannot be read" in caplog.text


def test_what_is_read_twice_is_charged_once(
    store: Store, account: str, journal: Journal, ingester: SharedIngester
) -> None:
    first, again = routed(1, account), routed(2, account, id="gen-1")
    bring_in(journal, ingester, first, again)
    bring_in(journal, ingester, routed(3, account, id="gen-1", cost_nano=7), routed(4, account, cost_nano=7))
    with store.database.reader.connect() as connection:
        assert totals(connection, account).usage_nano == 1_507
    assert sum(int(str(day["cost_nano"])) for day in rows(store, router_key_days)) == 1_507


def test_a_generation_of_which_the_row_is_gone_is_not_charged_again(
    store: Store, account: str, journal: Journal, ingester: SharedIngester
) -> None:
    bring_in(journal, ingester, routed(1, account))
    with store.database.writer.begin() as connection:
        connection.execute(sa.delete(generations))
    bring_in(journal, ingester, routed(2, account, id="gen-1"))
    with store.database.reader.connect() as connection:
        assert totals(connection, account).usage_nano == 1_500


def test_what_no_log_is_kept_of_is_charged_all_the_same(
    store: Store, account: str, journal: Journal, ingester: SharedIngester
) -> None:
    with store.database.writer.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE gateways SET settings = json_set(settings, '$.log_management', 1, '$.log_management_strategy',"
            " 'STOP_INSERTING')"
        )
        connection.exec_driver_sql("UPDATE configuration SET version = version + 1")
    bring_in(journal, ingester, routed(1, account))
    bring_in(journal, ingester, routed(2, account), routed(3, account))
    assert len(rows(store, logs)) < 3
    with store.database.reader.connect() as connection:
        assert totals(connection, account).usage_nano == 4_500


def test_text_that_a_database_refuses_stops_nothing(
    store: Store, account: str, journal: Journal, ingester: SharedIngester
) -> None:
    bring_in(journal, ingester, routed(1, account, user="a\0b", model="m" * 900, cost_nano=1 << 70))
    (activity,) = rows(store, activity_days)
    assert (activity["user_id"], len(str(activity["model"]))) == ("ab", 256)
    assert activity["cost_nano"] == (1 << 62) - 1


def test_the_use_of_a_key_is_known_to_the_hour(
    store: Store, account: str, journal: Journal, ingester: SharedIngester
) -> None:
    made = create_key(store, account, "default", KeyWish(name="a")).record
    hour = 3_600_000
    for number, (at_ms, seen_ms) in enumerate(
        ((NOW_MS, NOW_MS), (NOW_MS + hour - 1, NOW_MS), (NOW_MS + hour, NOW_MS + hour))
    ):
        bring_in(journal, ingester, routed(number, account, key_hash=made.hash, record={"created_ms": at_ms}))
        assert find_one(store, account, made.hash).used_ms == seen_ms


class Move(msgspec.Struct, frozen=True):
    """One thing that happens to the books."""

    id: int
    nano: int
    key: int
    day: int
    is_byok: bool
    again: bool


_MOVES = st.lists(
    st.builds(
        Move,
        st.integers(0, 30),
        st.integers(0, 10**12),
        st.integers(0, 2),
        st.integers(0, 3),
        st.booleans(),
        st.booleans(),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_MOVES, st.lists(st.integers(1, 8), max_size=6))
def test_sums_are_those_of_the_entries(
    tmp_path_factory: pytest.TempPathFactory, moves: list[Move], cuts: list[int]
) -> None:
    """Whatever comes, however it is cut into batches, and however often batches are written anew."""
    database = open_sqlite(tmp_path_factory.mktemp("books") / "torana.db")
    writer = Writer(database.writer)
    expected: Counter[str] = Counter()
    seen: set[str] = set()
    at = 0
    for number, size in enumerate([*cuts, len(moves)]):
        part, at = moves[at : at + size], at + size
        batch = Batch(places={f"s{number}": size})
        for each in part:
            cost = 0 if each.is_byok else each.nano
            said: dict[str, object] = {
                "key_hash": str(each.key) * 64,
                "is_byok": each.is_byok,
                "upstream_nano": each.nano,
            }
            moment = {"created_ms": NOW_MS + each.day * 86_400_000}
            record = routed(each.id, "", **said, cost_nano=cost, record=moment)
            taken = taken_of(record)
            assert taken is not None
            batch.taken.append(taken)
            if taken.routed.id not in seen:
                seen.add(taken.routed.id)
                expected["cost"] += cost
                expected["byok"] += each.nano - cost
        writer.write(batch)
        if any(each.again for each in part):
            writer.write(batch)
    with database.reader.connect() as connection:
        listed = connection.execute(sa.select(sa.func.sum(ledger.c.amount_nano))).scalar_one() or 0
        total = connection.execute(sa.select(sa.func.sum(ledger_totals.c.usage_nano))).scalar_one() or 0
        assert -listed == total == expected["cost"]
        for table in (router_key_days, activity_days):
            sums = [sa.func.sum(table.c[name]) for name in ("cost_nano", "byok_nano", "requests")]
            cost, byok, requests = (int(each or 0) for each in connection.execute(sa.select(*sums)).one())
            assert (cost, byok, requests) == (expected["cost"], expected["byok"], len(seen))
    database.close()


def test_grants_and_usage_are_one_account(
    store: Store, account: str, journal: Journal, ingester: SharedIngester
) -> None:
    bring_in(journal, ingester, routed(1, account))
    assert grant(store, account, 5_000, "for tests").usage_nano == 1_500
    bring_in(journal, ingester, routed(2, account, cost_nano=200))
    with store.database.reader.connect() as connection:
        found = totals(connection, account)
    assert (found.grants_nano, found.usage_nano) == (5_000, 1_700)
    assert sum(entry.amount_nano for entry in entries(store, account)) == 3_300


def test_generations_go_with_the_logs_and_what_they_cost_stays(
    store: Store, account: str, journal: Journal, ingester: SharedIngester
) -> None:
    bring_in(journal, ingester, routed(1, account), routed(2, account, record={"created_ms": NOW_MS + 5_000}))
    assert delete_older(store.database.writer, NOW_MS + 4_000, 60) == (1, True)
    assert [one["id"] for one in rows(store, generations)] == ["gen-2"]
    with store.database.reader.connect() as connection:
        assert totals(connection, account).usage_nano == 3_000
