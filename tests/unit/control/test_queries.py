from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from torana.catalog.prices import Prices
from torana.control.envelope import Failure, ListQuery, read_query
from torana.control.ingest import Ingester
from torana.control.operations import open_store
from torana.control.queries import (
    HEAD_BYTES,
    BadFilter,
    Scope,
    find_log,
    find_request,
    find_response,
    list_logs,
    newest_stored,
    to_rfc3339,
)
from torana.exchange import Usage
from torana.journal import Journal
from torana.settings import Settings
from torana.storage.tables import log_bodies
from unit.storage.records import ACCOUNT, log_id, make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torana.control.operations import Store
    from torana.control.queries import Found
    from torana.journal import Record

SCOPE = Scope(ACCOUNT, "default")


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


def listed(store: Store, scope: Scope = SCOPE, **given: object) -> Found:
    with store.database.reader.connect() as connection:
        return list_logs(connection, scope, ListQuery(**given))  # type: ignore[arg-type]  # each test names its own


def ids(found: Found) -> list[str]:
    return [row.id for row in found.rows]


def test_logs_are_listed_newest_first_in_pages(store: Store) -> None:
    put(store, *(make_record(n) for n in range(5)))
    first, second, third = (listed(store, page=page, per_page=2) for page in (1, 2, 3))
    assert ids(first) == [log_id(4), log_id(3)]
    assert ids(second) == [log_id(2), log_id(1)]
    assert ids(third) == [log_id(0)]
    assert (first.info.count, first.info.total_count, third.info.count) == (2, 5, 1)


def test_logs_can_be_listed_oldest_first(store: Store) -> None:
    put(store, *(make_record(n) for n in range(3)))
    assert ids(listed(store, order_by_direction="asc")) == [log_id(0), log_id(1), log_id(2)]


def test_a_list_can_go_on_behind_a_log(store: Store) -> None:
    put(store, *(make_record(n) for n in range(4)))
    found = listed(store, before=log_id(2))
    assert ids(found) == [log_id(1), log_id(0)]
    assert found.info.total_count is None


def test_another_gateway_and_another_account_see_nothing(store: Store) -> None:
    put(store, make_record(1), make_record(2, gateway_id="other"))
    assert ids(listed(store)) == [log_id(1)]
    assert ids(listed(store, Scope(ACCOUNT, "other"))) == [log_id(2)]
    assert ids(listed(store, Scope("f" * 32, "default"))) == []
    with store.database.reader.connect() as connection:
        assert find_log(connection, Scope(ACCOUNT, "other"), log_id(1)) is None
        assert find_request(connection, Scope(ACCOUNT, "other"), log_id(1)) is None


def test_without_a_gateway_all_of_the_account_are_listed(store: Store) -> None:
    put(store, make_record(1), make_record(2, gateway_id="other"), make_record(3, account_id="f" * 32))
    assert ids(listed(store, Scope(ACCOUNT))) == [log_id(2), log_id(1)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"provider": "anthropic"}, [1]),
        ({"model": "claude-x"}, [1]),
        ({"model": "claude"}, []),
        ({"cached": True}, [2]),
        ({"cached": False}, [4, 3, 1, 0]),
        ({"status": "404"}, [3]),
        ({"status": "4xx"}, [3]),
        ({"status": "2XX"}, [4, 2, 1, 0]),
        ({"success": True}, [2, 1, 0]),
        ({"success": False}, [4, 3]),
        ({"success": False, "status": "2xx"}, [4]),
        ({"start_date": to_rfc3339(1_795_000_000_003)}, [4, 3]),
        ({"end_date": to_rfc3339(1_795_000_000_001)}, [1, 0]),
    ],
)
def test_filters_choose(store: Store, given: dict[str, object], expected: list[int]) -> None:
    put(
        store,
        make_record(0),
        make_record(1, provider="anthropic", model="claude-x"),
        make_record(2, cached=True),
        make_record(3, status=404),
        make_record(4, is_broken=True),
    )
    found = listed(store, SCOPE, **given)
    assert ids(found) == [log_id(n) for n in expected]
    assert found.info.total_count == len(expected)


def test_dates_are_read_with_their_zone_and_as_utc_without(store: Store) -> None:
    put(store, make_record(0))
    moment = listed(store).rows[0].created_at
    assert moment == "2026-11-18T11:06:40.000Z"
    assert listed(store, start_date="2026-11-18T12:06:40.000+01:00").info.count == 1
    assert listed(store, start_date="2026-11-18T11:06:40.001").info.count == 0
    assert listed(store, end_date="2026-11-18").info.count == 0


def test_a_date_that_is_none_is_refused_by_name(store: Store) -> None:
    with pytest.raises(BadFilter, match="yesterday") as caught:
        listed(store, start_date="yesterday")
    assert caught.value.name == "start_date"


def test_following_misses_no_log_that_ends_after_younger_ones(store: Store) -> None:
    put(store, make_record(5), make_record(6))
    place = listed(store).info.cursor
    put(store, make_record(3), make_record(7))
    found = listed(store, cursor=place)
    assert ids(found) == [log_id(3), log_id(7)]
    assert ids(listed(store, cursor=found.info.cursor)) == []


def test_following_goes_on_after_a_full_page(store: Store) -> None:
    put(store, *(make_record(n) for n in range(5)))
    found = listed(store, cursor=0, per_page=2)
    assert ids(found) == [log_id(0), log_id(1)]
    assert ids(listed(store, cursor=found.info.cursor, per_page=50)) == [log_id(2), log_id(3), log_id(4)]


def test_following_walks_past_what_the_filters_leave_out(store: Store) -> None:
    put(store, make_record(0), make_record(1))
    found = listed(store, cursor=0, provider="nobody")
    assert found.rows == []
    with store.database.reader.connect() as connection:
        assert found.info.cursor == newest_stored(connection) > 0


def test_an_empty_store_has_a_place_to_follow_from(store: Store) -> None:
    found = listed(store)
    assert (found.rows, found.info.cursor, found.info.total_count) == ([], 0, 0)


def test_a_row_has_the_management_apis_names_and_units(store: Store) -> None:
    usage = Usage(tokens_in=90, tokens_out=10, cached_tokens_in=20, cache_write_tokens_in=5, reasoning_tokens_out=4)
    usage.cost_nano = 1_500
    put(store, make_record(0, usage=usage, is_stream=True, metadata='{"user":"x"}', duration_us=412_600))
    row = msgspec.to_builtins(listed(store).rows[0])
    expected = {
        "id": log_id(0),
        "status_code": 200,
        "success": True,
        "cached": False,
        "streamed": True,
        "duration": 413,
        "tokens_in": 90,
        "tokens_out": 10,
        "cost": 1.5e-06,
        "custom_cost": False,
        "cost_source": "provider",
        "metadata": '{"user":"x"}',
        "step": 0,
        "timings": {"total": 412.6, "latency": 400.0},
        "usage_metadata": {
            "input_tokens": 90,
            "output_tokens": 10,
            "total_tokens": 100,
            "output_reasoning_tokens": 4,
            "input_cached_tokens": 20,
            "input_cache_write_tokens": 5,
        },
    }
    assert {name: row[name] for name in expected} == expected
    assert row["attempts"][0]["provider"] == "openai"


def test_what_is_not_known_is_null_and_not_zero(store: Store) -> None:
    put(store, make_record(0, first_byte_us=0))
    row = listed(store).rows[0]
    assert (row.tokens_in, row.tokens_out, row.cost, row.usage_metadata, row.timings.latency) == (None,) * 5
    assert row.metadata == "{}"


def test_a_custom_cost_is_marked(store: Store) -> None:
    put(store, make_record(0, custom_cost='{"total_cost":0.25}', usage=Usage(1, 1)))
    row = listed(store).rows[0]
    assert (row.cost, row.custom_cost, row.cost_source) == (0.25, True, "custom")


def test_one_log_has_its_heads_and_the_beginnings_of_its_bodies(store: Store) -> None:
    put(store, make_record(0, request_body=b"x" * (HEAD_BYTES + 1), response_body=b'{"a":1}'))
    with store.database.reader.connect() as connection:
        detail = find_log(connection, SCOPE, log_id(0))
        request, response = (find(connection, SCOPE, log_id(0)) for find in (find_request, find_response))
    assert detail is not None
    place = f"/v1/{ACCOUNT}/default/openai/chat/completions"
    assert detail.request_headers == f"POST {place} HTTP/1.1\r\nhost: t\r\n"
    assert detail.response_headers == "HTTP/1.1 200\r\nx-request-id: r\r\n"
    assert (detail.request_head, detail.request_head_complete) == ("x" * HEAD_BYTES, False)
    assert (detail.response_head, detail.response_head_complete) == ('{"a":1}', True)
    assert request is not None
    assert request.body == b"x" * (HEAD_BYTES + 1)
    assert response is not None
    assert (response.content_type, response.body) == ("application/json", b'{"a":1}')


def test_a_cut_body_is_not_called_complete(store: Store) -> None:
    put(store, make_record(0, is_truncated=True))
    with store.database.reader.connect() as connection:
        detail = find_log(connection, SCOPE, log_id(0))
    assert detail is not None
    assert (detail.is_truncated, detail.response_head_complete) == (True, False)


def test_a_log_without_bodies_is_found_and_its_bodies_are_not(store: Store) -> None:
    put(store, make_record(0, has_bodies=False))
    with store.database.reader.connect() as connection:
        detail = find_log(connection, SCOPE, log_id(0))
        assert find_request(connection, SCOPE, log_id(0)) is None
        assert find_response(connection, SCOPE, log_id(0)) is None
    assert detail is not None
    assert (detail.has_bodies, detail.request_head, detail.request_headers) == (False, "", "")


def test_an_unknown_log_is_none(store: Store) -> None:
    with store.database.reader.connect() as connection:
        assert find_log(connection, SCOPE, log_id(9)) is None
        assert find_response(connection, SCOPE, "no id at all") is None


def test_lists_do_not_touch_bodies(store: Store) -> None:
    put(store, make_record(0))
    with store.database.writer.begin() as connection:
        connection.execute(log_bodies.update().values(content=b"not a chunk"))
    assert ids(listed(store)) == [log_id(0)]


def test_bodies_survive_bytes_that_are_no_text(store: Store) -> None:
    put(store, make_record(0, response_body=b"\xff\x00\xfe"))
    with store.database.reader.connect() as connection:
        detail = find_log(connection, SCOPE, log_id(0))
        response = find_response(connection, SCOPE, log_id(0))
    assert detail is not None
    assert detail.response_head == "\N{REPLACEMENT CHARACTER}\x00\N{REPLACEMENT CHARACTER}"
    assert response is not None
    assert response.body == b"\xff\x00\xfe"


def test_a_query_is_read_from_text() -> None:
    query = read_query({"page": "2", "per_page": "50", "success": "true", "cached": "false", "status": "5xx"})
    assert query == ListQuery(page=2, per_page=50, success=True, cached=False, status="5xx")


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"per_page": "51"}, ["query", "per_page"]),
        ({"per_page": "x"}, ["query", "per_page"]),
        ({"page": "0"}, ["query", "page"]),
        ({"status": "20"}, ["query", "status"]),
        ({"status": "9xx"}, ["query", "status"]),
        ({"success": "maybe"}, ["query", "success"]),
        ({"order_by": "cost"}, ["query", "order_by"]),
        ({"filters": "[]"}, ["query"]),
    ],
)
def test_a_bad_query_is_refused_by_name(given: dict[str, str], place: list[str]) -> None:
    failure = read_query(given)
    assert isinstance(failure, Failure)
    assert (failure.errors[0].code, failure.errors[0].path) == (7001, place)
