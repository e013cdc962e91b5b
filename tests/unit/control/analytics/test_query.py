"""Questions about what was served, over the management API: what is answered, and what is refused and how."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.analytics import query
from torana.control.analytics.query import DEFAULT_SPAN_MS, spans
from torana.control.analytics.rollups import MINUTE_MS
from torana.control.analytics.shapes import METRICS, Granularity
from torana.control.operations import create_gateway
from torana.exchange import Usage
from torana.storage.sql import QueryTookTooLong, time_limit
from unit.control.test_management import bearer, codes
from unit.storage.records import NOW_MS, make_record

if TYPE_CHECKING:
    import httpx

    from torana.control.operations import Store
    from torana.journal import Journal

Found: TypeAlias = dict[str, Any]
Ask: TypeAlias = Callable[..., Awaitable[Found]]

HOUR = 3_600_000
SPAN = {"since": "2026-11-18T00:00:00Z", "until": "2026-11-20T00:00:00Z"}
"""Around NOW_MS, which is 2026-11-18T11:06:40Z."""


@pytest.fixture
def served(journal: Journal, account: str) -> None:
    usage = Usage(tokens_in=10, tokens_out=5, cost_nano=2_000_000_000)

    def put(number: int, **changed: object) -> None:
        assert journal.append(make_record(number, account_id=account, **{"usage": usage, **changed}))

    put(1, duration_us=100_000, metadata='{"user": "ann"}')
    put(2, duration_us=100_000, metadata='{"user": "ann"}')
    put(3, duration_us=9_000_000, model="big", created_ms=NOW_MS + HOUR, metadata='{"user": "bob"}')
    put(4, status=500, usage=None, provider="anthropic", model="claude", created_ms=NOW_MS + HOUR)
    put(5, cached=True, duration_us=1_000, first_byte_us=0, created_ms=NOW_MS + HOUR)
    put(6, status=429, usage=None, attempts=[], gateway_id="second", created_ms=NOW_MS + 24 * HOUR)


@pytest.fixture
def ask(client: httpx.AsyncClient, store: Store, account: str, served: None) -> Ask:
    headers = bearer(store, account, "read_metadata")

    async def asked(path: str = "ai-gateway/analytics", **body: object) -> Found:
        answer = await client.post(path, headers=headers, json={**SPAN, **body})
        assert answer.status_code == 200, answer.text
        found: Found = answer.json()["result"]
        return found

    return asked


async def test_all_metrics_of_all_that_was_served(ask: Ask) -> None:
    found = await ask(metrics=list(METRICS))
    (row,) = found["rows"]
    assert row["metrics"] == found["totals"]
    figures = row["metrics"]
    assert figures["duration_p50"] == pytest.approx(100, rel=0.5)
    assert figures["duration_p99"] == pytest.approx(9_000, rel=0.5)
    assert figures["first_byte_p50"] == pytest.approx(400, rel=0.5)
    exact = {name: value for name, value in figures.items() if "_p" not in name or name == "unpriced"}
    assert exact == {
        "requests": 6,
        "errors": 2,
        "error_rate": 0.333333,
        "cached": 1,
        "cache_rate": 0.166667,
        "cancelled": 0,
        "streamed": 0,
        "rate_limited": 1,
        "tokens_in": 40,
        "tokens_out": 20,
        "tokens": 60,
        "cached_tokens_in": 0,
        "reasoning_tokens_out": 0,
        "tokens_in_from_cache": 10,
        "tokens_out_from_cache": 5,
        "tokens_in_uncached": 30,
        "tokens_out_uncached": 15,
        "cost": 6.0,
        "unpriced": 0,
        "duration_avg": round((100 + 100 + 9_000 + 412 + 1 + 412) / 6, 6),
        "first_byte_avg": 400.0,
    }


async def test_rows_are_by_time_and_dimension(ask: Ask) -> None:
    found = await ask(metrics=["requests"], dimensions=["model"], granularity="hour")
    rows = [(row["time"], row["dimensions"]["model"], row["metrics"]["requests"]) for row in found["rows"]]
    assert rows == [
        ("2026-11-18T11:00:00.000Z", "gpt-4o", 2),
        ("2026-11-18T12:00:00.000Z", "big", 1),
        ("2026-11-18T12:00:00.000Z", "claude", 1),
        ("2026-11-18T12:00:00.000Z", "gpt-4o", 1),
        ("2026-11-19T11:00:00.000Z", "gpt-4o", 1),
    ]
    assert found["totals"] == {"requests": 6}
    days = await ask(metrics=["requests"], granularity="day")
    assert [(row["time"][:10], row["metrics"]["requests"]) for row in days["rows"]] == [
        ("2026-11-18", 5),
        ("2026-11-19", 1),
    ]


async def test_dimensions_have_values_of_their_kind(ask: Ask) -> None:
    found = await ask(metrics=["requests"], dimensions=["status_class", "status", "error", "cached", "rate_limited"])
    assert {tuple(row["dimensions"].values()) for row in found["rows"]} == {
        ("2xx", 200, False, False, False),
        ("2xx", 200, False, True, False),
        ("5xx", 500, True, False, False),
        ("4xx", 429, True, False, True),
    }


@pytest.mark.parametrize(
    ("one", "count"),
    [
        ({"key": "provider", "operator": "eq", "value": ["anthropic"]}, 1),
        ({"key": "provider", "operator": "neq", "value": ["anthropic"]}, 5),
        ({"key": "model", "operator": "contains", "value": ["IG"]}, 1),
        ({"key": "model", "operator": "contains", "value": ["%"]}, 0),
        ({"key": "status", "operator": "eq", "value": [500, "429"]}, 2),
        ({"key": "status_class", "operator": "eq", "value": ["4xx"]}, 1),
        ({"key": "cached", "operator": "eq", "value": [True]}, 1),
        ({"key": "error", "operator": "neq", "value": ["true"]}, 4),
        ({"key": "gateway", "operator": "eq", "value": ["second"]}, 1),
    ],
)
async def test_filters_narrow_what_is_summed(ask: Ask, one: dict[str, object], count: int) -> None:
    assert (await ask(metrics=["requests"], filters=[one]))["totals"] == {"requests": count}


async def test_metadata_is_a_dimension_and_a_filter(ask: Ask) -> None:
    found = await ask(metrics=["requests", "cost"], dimensions=["metadata.value"])
    assert [(row["dimensions"]["metadata.value"], row["metrics"]) for row in found["rows"]] == [
        ("ann", {"requests": 2, "cost": 4.0}),
        ("bob", {"requests": 1, "cost": 2.0}),
    ]
    bob = [{"key": "metadata.value", "operator": "eq", "value": ["bob"]}]
    assert (await ask(metrics=["tokens"], filters=bob))["totals"] == {"tokens": 15}


async def test_order_and_limit(ask: Ask) -> None:
    found = await ask(metrics=["cost", "requests"], dimensions=["model"], order_by="requests", limit=1)
    assert [row["dimensions"]["model"] for row in found["rows"]] == ["gpt-4o"]
    assert found["is_truncated"] is True
    assert found["totals"]["requests"] == 6
    up = await ask(metrics=["requests"], dimensions=["model"], order_by="model", order_by_direction="asc")
    assert [row["dimensions"]["model"] for row in up["rows"]] == ["big", "claude", "gpt-4o"]
    assert up["is_truncated"] is False


async def test_a_gateway_has_its_own(ask: Ask, store: Store, account: str) -> None:
    create_gateway(store, account, "second")
    assert (await ask("ai-gateway/gateways/second/analytics"))["totals"]["requests"] == 1


async def test_a_token_for_some_gateways_sees_those_alone(
    client: httpx.AsyncClient,
    store: Store,
    account: str,
    served: None,  # fixtures
) -> None:
    headers = bearer(store, account, "read", gateways=["second"])
    answer = await client.get("ai-gateway/analytics", params=SPAN, headers=headers)
    assert answer.json()["result"]["totals"]["requests"] == 1
    assert codes(await client.get("ai-gateway/gateways/default/analytics", headers=headers)) == (403, [10000])


async def test_without_a_span_it_is_the_last_day(
    client: httpx.AsyncClient,
    store: Store,
    account: str,
    journal: Journal,
) -> None:
    now = store.now_ms()
    for number, age in enumerate((0, DEFAULT_SPAN_MS - 2 * MINUTE_MS, DEFAULT_SPAN_MS + 2 * MINUTE_MS)):
        journal.append(make_record(number, account_id=account, created_ms=now - age))
    answer = await client.get("ai-gateway/analytics", headers=bearer(store, account, "read"))
    assert answer.json()["result"]["totals"]["requests"] == 2
    assert set(answer.json()["result"]["totals"]) == {
        "requests",
        "errors",
        "cached",
        "tokens_in",
        "tokens_out",
        "cost",
        "duration_avg",
    }


@pytest.mark.parametrize(
    ("asked", "word", "path"),
    [
        ("metrics=money", "`money` is not one of the metrics", ["query", "metrics"]),
        ("dimensions=colour", "`colour` is not one of the dimensions", ["query", "dimensions"]),
        ("metrics=,", "regex", ["query", "metrics"]),
        ("since=yesterday", "`yesterday` is not a date", ["query", "since"]),
        ("since=2026-01-02&until=2026-01-01", "before", ["query", "since"]),
        ("since=2020-01-02&until=2026-01-01", "800 days", ["query", "since"]),
        ("granularity=week", "week", ["query", "granularity"]),
        ("order_by=cost&metrics=requests", "only requests", ["query", "order_by"]),
        ("limit=0", ">= 1", ["query", "limit"]),
        ("dimensions=metadata.key,provider", "with metadata", ["query", "dimensions"]),
        ("dimensions=metadata.key&metrics=duration_p95", "not known by metadata", ["query", "metrics"]),
        ('filters=[{"key":"cached","operator":"eq","value":["x"]}]', "neither true", ["query", "filters", "0"]),
        ('filters=[{"key":"status","operator":"eq","value":["x"]}]', "not a status", ["query", "filters", "0"]),
        ('filters=[{"key":"status","operator":"contains","value":["4"]}]', "for text", ["query", "filters", "0"]),
        ("colour=red", "colour", ["query"]),
    ],
)
async def test_a_question_without_an_answer_is_told_by_name(
    client: httpx.AsyncClient,
    store: Store,
    account: str,
    asked: str,
    word: str,
    path: list[str],
) -> None:
    answer = await client.get(f"ai-gateway/analytics?{asked}", headers=bearer(store, account, "read"))
    assert codes(answer) == (400, [7001])
    (problem,) = answer.json()["errors"]
    assert word in problem["message"]
    assert problem["path"] == path


@given(
    since=st.integers(0, 20 * HOUR).map(lambda ms: ms - ms % MINUTE_MS),
    length=st.integers(1, 5 * HOUR // MINUTE_MS),
    granularity=st.sampled_from(["minute", "hour", "day", "all"]),
)
def test_the_parts_that_are_read_are_the_whole_span(since: int, length: int, granularity: Granularity) -> None:
    until = since + length * MINUTE_MS
    parts = spans(since, until, granularity)
    assert [parts[0][1], parts[-1][2]] == [since, until]
    assert [end for _, _, end in parts[:-1]] == [start for _, start, _ in parts[1:]]
    for is_hours, start, end in parts:
        assert start < end
        assert not is_hours or (start % HOUR == end % HOUR == 0 and granularity != "minute")


@pytest.mark.parametrize("granularity", ["minute", "hour", "all"])
@pytest.mark.parametrize(
    ("since", "until", "count"),
    [
        ("T11:06:00", "T12:07:00", 5),
        ("T11:07:00", "T12:06:00", 0),
        ("T11:00:00", "T13:00:00", 5),
        ("T11:06:59", "T11:07:00", 2),
    ],
)
async def test_hours_and_their_edges_are_summed_exactly(
    ask: Ask, granularity: str, since: str, until: str, count: int
) -> None:
    span = {"since": f"2026-11-18{since}Z", "until": f"2026-11-18{until}Z"}
    found = await ask(metrics=["requests"], dimensions=["model"], granularity=granularity, **span)
    assert found["totals"] == {"requests": count}
    assert sum(row["metrics"]["requests"] for row in found["rows"]) == count


async def test_too_many_groups_are_refused(
    ask: Ask, client: httpx.AsyncClient, store: Store, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len((await ask(metrics=["requests"], dimensions=["model"]))["rows"]) == 3
    monkeypatch.setattr(query, "MOST_GROUPS", 2)
    answer = await client.get(
        "ai-gateway/analytics", params={**SPAN, "dimensions": "model"}, headers=bearer(store, account, "read")
    )
    assert codes(answer) == (400, [7001])


def test_a_query_that_takes_too_long_is_given_up(store: Store) -> None:
    with store.database.reader.connect() as connection, pytest.raises(QueryTookTooLong):  # noqa: SIM117  # two things
        with time_limit(connection, 0.05):
            connection.exec_driver_sql(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
            )
    with store.database.reader.connect() as connection, time_limit(connection, 5):
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
