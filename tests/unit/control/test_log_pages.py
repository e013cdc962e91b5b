"""Pages of logs: every filter, every order, totals that say how exact they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from torana.catalog.prices import Prices
from torana.control import log_pages
from torana.control.ingest import Ingester
from torana.control.log_changes import change_log, delete_logs
from torana.control.log_filters import KEYS, LogFilter, Value, conditions, is_direct
from torana.control.log_pages import MOST_COUNTED, Cut, Place, count, find_bounds, find_page
from torana.control.log_prunes import prunes
from torana.control.logs import load_bodies
from torana.control.operations import open_store
from torana.control.queries import to_rfc3339
from torana.control.refusals import InvalidInput
from torana.exchange import Usage
from torana.journal import Journal
from torana.settings import Settings
from torana.storage.tables import log_bodies, logs
from unit.storage.records import ACCOUNT, NOW_MS, log_id, make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torana.control.operations import Store
    from torana.journal import Record

PLACE = Place(ACCOUNT, "default")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    yield opened
    opened.close()


def put(store: Store, *records: Record) -> None:
    """Through the journal, as a worker and the ingester do it."""
    folder = store.folder / "journal"
    journal = Journal(folder, f"w-{len(list(folder.glob('*')))}", 1 << 30)
    journal.open()
    for record in records:
        assert journal.append(record)
    journal.close()
    ingester = Ingester(store.database.writer, folder, Prices(None), store.folder / "ingest.lock")
    assert ingester.run_once() == len(records)
    ingester.close()


@pytest.fixture
def filled(store: Store) -> Store:
    put(
        store,
        make_record(0, usage=Usage(100, 10, cost_nano=2_000_000_000), metadata='{"user":"ann","n":1,"paid":true}'),
        make_record(1, provider="anthropic", model="claude-x", duration_us=9_000_000, user_agent="curl/8"),
        make_record(2, cached=True, event_id="mine", metadata='{"team":"ann","user":"bob"}'),
        make_record(3, status=429, usage=Usage(5, 0), request_type="Universal"),
        make_record(4, is_broken=True, response_content_type=b"text/event-stream", metadata="not JSON"),
        make_record(5, gateway_id="other"),
    )
    with store.database.writer.begin() as connection:
        assert change_log(connection, PLACE, log_id(1), {"feedback": -1.0, "score": 10.0})
    return store


def found(store: Store, *filters: LogFilter, **cut: object) -> list[int]:
    """The numbers of the records on the page."""
    wanted = Cut(conditions(filters), list(filters), **cut)  # type: ignore[arg-type]  # each test names its own
    with store.database.reader.connect() as connection:
        return [row.created_ms - NOW_MS for row in find_page(connection, PLACE, wanted)]


@pytest.mark.parametrize(
    ("key", "operator", "values", "expected"),
    [
        ("id", "eq", [log_id(1), log_id(5)], [1]),
        ("id", "neq", [log_id(1)], [4, 3, 2, 0]),
        ("provider", "eq", ["anthropic", "nobody"], [1]),
        ("provider", "neq", ["anthropic"], [4, 3, 2, 0]),
        ("provider", "contains", ["ANTH"], [1]),
        ("provider", "contains", ["%"], []),
        ("model", "eq", ["claude-x"], [1]),
        ("model", "eq", ["claude"], []),
        ("model_type", "eq", [""], [4, 3, 2, 1, 0]),
        ("model_type", "eq", ["chat"], []),
        ("success", "eq", [True], [2, 1, 0]),
        ("success", "eq", ["false"], [4, 3]),
        ("success", "neq", [True], [4, 3]),
        ("success", "eq", [True, False], [4, 3, 2, 1, 0]),
        ("cached", "eq", [True], [2]),
        ("cached", "eq", ["0"], [4, 3, 1, 0]),
        ("authentication", "eq", [True], []),
        ("wholesale", "eq", [False], [4, 3, 2, 1, 0]),
        ("compatibilityMode", "eq", [True], []),
        ("dlp_action", "eq", ["BLOCK"], []),
        ("dlp_action", "eq", [None], [4, 3, 2, 1, 0]),
        ("cost", "eq", [2], [0]),
        ("cost", "gt", ["1.99"], [0]),
        ("cost", "lt", [1], [2]),
        ("cost", "eq", [None], [4, 3, 1]),
        ("cost", "neq", [None], [2, 0]),
        ("cost", "neq", [2], [4, 3, 2, 1]),
        ("tokens", "gt", [109], [0]),
        ("tokens", "eq", [110], [0]),
        ("tokens_in", "lt", [6], [3]),
        ("tokens_out", "eq", [10, 0], [3, 0]),
        ("duration", "gt", [8_999], [1]),
        ("duration", "eq", [412], [4, 3, 2, 0]),
        ("feedback", "eq", [-1], [1]),
        ("feedback", "neq", [-1], [4, 3, 2, 0]),
        ("feedback", "eq", [None], [4, 3, 2, 0]),
        ("event_id", "eq", ["mine"], [2]),
        ("user_agent", "contains", ["curl"], [1]),
        ("request_type", "eq", ["Universal"], [3]),
        ("request_content_type", "eq", ["application/json"], [4, 3, 2, 1, 0]),
        ("response_content_type", "contains", ["event-stream"], [4]),
        ("created_at", "gt", [to_rfc3339(NOW_MS + 2)], [4, 3]),
        ("created_at", "lt", [to_rfc3339(NOW_MS + 2)], [1, 0]),
        ("created_at", "eq", [to_rfc3339(NOW_MS + 2)], [2]),
        ("metadata.key", "eq", ["user"], [2, 0]),
        ("metadata.key", "neq", ["user"], [4, 3, 1]),
        ("metadata.value", "eq", ["ann"], [2, 0]),
        ("metadata.value", "eq", [True], [0]),
        ("metadata.value", "eq", ["1"], [0]),
        ("metadata.value", "contains", ["o"], [2]),
    ],
)
def test_filters_choose(filled: Store, key: str, operator: str, values: list[Value], expected: list[int]) -> None:
    assert found(filled, LogFilter(key, operator, values)) == expected  # type: ignore[arg-type]  # from the table above


def test_every_documented_key_can_be_asked_for(filled: Store) -> None:
    for key in KEYS:
        value = "2026-01-01" if key == "created_at" else "1"
        found(filled, LogFilter(key, "eq", [value]))  # type: ignore[arg-type]  # all of them


def test_a_metadata_key_and_the_value_after_it_are_of_one_entry(filled: Store) -> None:
    user, team = LogFilter("metadata.key", "eq", ["user"]), LogFilter("metadata.key", "eq", ["team"])
    ann = LogFilter("metadata.value", "eq", ["ann"])
    assert found(filled, user, ann) == [0]
    assert found(filled, team, ann) == [2]
    assert found(filled, ann, user) == [2, 0]
    assert found(filled, user, team) == [2]
    assert found(filled, user, LogFilter("metadata.value", "neq", ["ann"])) == [4, 3, 2, 1]


def test_filters_hold_together(filled: Store) -> None:
    assert found(filled, LogFilter("success", "eq", [False]), LogFilter("tokens_in", "gt", [1])) == [3]


@pytest.mark.parametrize(
    ("key", "operator", "value"),
    [
        ("cost", "contains", "1"),
        ("cost", "gt", "much"),
        ("cost", "eq", True),
        ("cost", "eq", "nan"),
        ("cost", "lt", None),
        ("success", "gt", True),
        ("success", "eq", "maybe"),
        ("provider", "lt", "a"),
        ("created_at", "contains", "2026"),
        ("created_at", "eq", "yesterday"),
        ("metadata.value", "gt", "1"),
    ],
)
def test_what_cannot_be_asked_of_a_key_is_refused(key: str, operator: str, value: Value) -> None:
    with pytest.raises(InvalidInput) as refused:
        conditions([LogFilter(key, operator, [value])])  # type: ignore[arg-type]  # from the table above
    assert refused.value.path[:2] == ("query", "filters")


@pytest.mark.parametrize("number", [1e300, -1e300, 1e18])
def test_a_number_that_no_column_holds_is_still_compared(filled: Store, number: float) -> None:
    expected = [2, 0] if number < 0 else []
    assert found(filled, LogFilter("cost", "gt", [number])) == expected


@pytest.mark.parametrize(
    ("order_by", "direction", "expected"),
    [
        ("created_at", "desc", [4, 3, 2, 1, 0]),
        ("created_at", "asc", [0, 1, 2, 3, 4]),
        ("provider", "asc", [1, 0, 2, 3, 4]),
        ("model", "asc", [1, 0, 2, 3, 4]),
        ("model_type", "desc", [4, 3, 2, 1, 0]),
        ("success", "asc", [3, 4, 0, 1, 2]),
        ("cached", "desc", [2, 4, 3, 1, 0]),
        ("duration", "desc", [1, 4, 3, 2, 0]),
        ("cost", "desc", [0, 2, 4, 3, 1]),
    ],
)
def test_pages_are_ordered(filled: Store, order_by: str, direction: str, expected: list[int]) -> None:
    assert found(filled, order_by=order_by, direction=direction) == expected
    assert found(filled, order_by=order_by, direction=direction, first=2, count=2) == expected[2:4]


def total(store: Store, *filters: LogFilter, most: int = MOST_COUNTED, **cut: object) -> tuple[int, bool]:
    wanted = Cut(conditions(filters), list(filters), **cut)  # type: ignore[arg-type]  # each test names its own
    with store.database.reader.connect() as connection:
        return count(connection, PLACE, wanted, len(find_page(connection, PLACE, wanted)), most)


def test_totals_are_exact_where_that_is_cheap(filled: Store) -> None:
    assert total(filled) == (5, True)
    assert total(filled, count=2) == (5, True)
    assert total(filled, first=4, count=2) == (5, True)
    assert total(filled, first=40) == (5, True)
    assert total(filled, LogFilter("success", "eq", [True]), first=40) == (3, True)
    assert total(filled, LogFilter("provider", "eq", ["openai"]), count=1) == (4, True)
    assert total(filled, LogFilter("success", "eq", [True]), count=1) == (3, True)
    assert total(filled, LogFilter("provider", "eq", ["nobody"])) == (0, True)


def test_a_total_past_its_bound_is_called_a_least(filled: Store) -> None:
    openai = LogFilter("provider", "eq", ["openai"])
    assert total(filled, openai, most=2, count=1) == (2, False)
    assert total(filled, openai, most=2, count=1, first=2) == (3, False)
    assert total(filled, most=2, count=1) == (5, True), "all of a gateway are counted as they come and go"
    assert total(filled, LogFilter("success", "eq", [True]), most=3, count=1) == (2, False)


def test_least_and_most_are_of_the_logs_that_fit(filled: Store) -> None:
    filters = [LogFilter("success", "eq", [True])]
    with filled.database.reader.connect() as connection:
        bounds = find_bounds(connection, PLACE, Cut(conditions(filters), filters))
    assert (bounds.cost, bounds.duration) == ((0, 2_000_000_000), (412_000, 9_000_000))
    assert (bounds.tokens_in, bounds.total_tokens) == ((100, 100), (110, 110))


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ([], "id_figures"),
        ([LogFilter("provider", "eq", ["a"])], "provider_id"),
        ([LogFilter("model", "eq", ["a"])], "model_id"),
        ([LogFilter("metadata.value", "eq", ["u"])], "SEARCH log_blocks USING INDEX"),
        ([LogFilter("cost", "gt", [1])], "COVERING INDEX ix_logs_account_id_gateway_id_id_figures"),
        ([LogFilter("success", "eq", [False])], "COVERING INDEX ix_logs_account_id_gateway_id_id_figures"),
        ([LogFilter("created_at", "gt", ["2026-01-01"])], "id_figures (account_id=? AND gateway_id=? AND id>?)"),
        ([LogFilter("event_id", "eq", ["a"])], "ix_logs_event_id"),
        ([LogFilter("id", "eq", ["a"])], "sqlite_autoindex_logs_1"),
        ([LogFilter("feedback", "eq", [1])], "id_rated"),
    ],
)
def test_a_page_is_found_in_an_index_and_only_few_are_sorted(
    filled: Store, filters: list[LogFilter], index: str
) -> None:
    with filled.database.reader.connect() as connection:
        pruned = [] if is_direct(filters) else prunes(connection, (PLACE.account_id, PLACE.gateway_id), filters)
        query = log_pages.chosen(PLACE, Cut(conditions(filters), filters), pruned)
        text = str(query.compile(filled.database.reader, compile_kwargs={"literal_binds": True}))
        plan = " ".join(row.detail for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + text))
    assert index in plan
    assert "TEMP B-TREE" not in plan or "event_id" in index


def test_a_deleted_log_takes_its_bodies_and_leaves_those_of_its_neighbours(filled: Store) -> None:
    filters = [LogFilter("id", "eq", [log_id(1)])]
    with filled.database.writer.begin() as connection:
        assert delete_logs(connection, PLACE, Cut(conditions(filters), filters, count=1)) == 1
        assert delete_logs(connection, PLACE, Cut(conditions(filters), filters, count=1)) == 0
    assert found(filled) == [4, 3, 2, 0]
    with filled.database.reader.connect() as connection:
        kept = load_bodies(connection, log_id(2))
        content = connection.execute(sa.select(log_bodies.c.content)).scalars().all()
        assert kept is not None
        assert kept.request_body == b"request 2"
        assert len(content) == 1
    assert b"request 1" not in _unpacked(content[0])
    assert b"request 2" in _unpacked(content[0])


def _unpacked(chunk: bytes) -> bytes:
    import zstandard  # noqa: PLC0415  # only here

    return zstandard.ZstdDecompressor().decompress(chunk)


def test_a_chunk_of_which_nothing_is_left_goes(filled: Store) -> None:
    with filled.database.writer.begin() as connection:
        assert delete_logs(connection, PLACE, Cut([], [], direction="asc", count=3)) == 3
    assert found(filled) == [4, 3]
    with filled.database.writer.begin() as connection:
        assert delete_logs(connection, PLACE, Cut([], [], count=100)) == 2
        assert delete_logs(connection, Place(ACCOUNT, "other"), Cut([], [], count=100)) == 1
        assert connection.execute(sa.select(sa.func.count()).select_from(log_bodies)).scalar_one() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(logs)).scalar_one() == 0


def test_a_log_of_another_gateway_cannot_be_changed(filled: Store) -> None:
    with filled.database.writer.begin() as connection:
        assert not change_log(connection, PLACE, log_id(5), {"feedback": 1.0})
        assert not change_log(connection, PLACE, log_id(5), {})
        assert change_log(connection, PLACE, log_id(4), {})
