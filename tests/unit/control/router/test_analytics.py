"""Questions about what was used, over the router's API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from openrouter.operations import GetAnalyticsMetaResponse, QueryAnalyticsResponse

from torana import routed
from torana.control.digests import digest
from torana.control.operations import Store
from torana.control.router.activity import DAY_MS
from torana.control.router.times import iso
from torana.exchange import Usage
from torana.journal import Journal
from torana.routed import Routed
from torana.storage.tables import activity_days, generations
from unit.storage.records import make_record

if TYPE_CHECKING:
    import httpx

Bearer = Callable[..., dict[str, str]]


def put(store: Store, journal: Journal, account: str, number: int, said: Routed, ago_ms: int) -> None:
    """One generation with its log, as long ago."""
    record = make_record(number, account_id=account, usage=Usage(100, 50), duration_us=2_000_000, first_byte_us=500_000)
    assert journal.append(record)
    values = {"id": said.id, "account_id": account, "gateway_id": "default", "log_id": record.id}
    values |= {"key_hash": said.key_hash, "content": routed.encode(said).decode()}
    with store.database.writer.begin() as connection:
        connection.execute(sa.insert(generations).values(values | {"created_ms": store.now_ms() - ago_ms}))


def put_day(store: Store, account: str, ago: int, **changed: object) -> None:
    values = {
        "day": store.now_ms() // DAY_MS - ago, "account_id": account, "gateway_id": "default", "key_hash": "k",
        "user_id": "", "model": "a/b", "permaslug": "a/b", "endpoint_id": "e", "provider_name": "P",
        "cost_nano": 10**9, "byok_nano": 0, "requests": 4, "tokens_in": 40, "tokens_out": 20,
        "reasoning_tokens_out": 1, "cached_tokens_in": 10,
    }  # fmt: skip
    with store.database.writer.begin() as connection:
        connection.execute(sa.insert(activity_days).values(values | changed))


async def ask(client: httpx.AsyncClient, bearer: Bearer, **question: Any) -> dict[str, Any]:
    answer = await client.post("analytics/query", json=question, headers=bearer(is_management=True))
    assert answer.status_code == 200, answer.text
    QueryAnalyticsResponse.model_validate(answer.json())
    found: dict[str, Any] = answer.json()["data"]
    return found


async def test_days_are_answered_from_their_sums(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    put_day(store, account, 1)
    put_day(store, account, 100)
    put_day(store, "f" * 32, 1)
    now = store.now_ms()
    whole = {"start": iso(now - 200 * DAY_MS), "end": iso(now)}
    found = await ask(
        client, bearer, metrics=["request_count", "total_usage", "cache_hit_rate"], granularity="day", time_range=whole
    )
    assert [(row["request_count"], row["total_usage"], row["cache_hit_rate"]) for row in found["data"]] == [
        *((4, 1.0, 0.25), (4, 1.0, 0.25)),
    ]
    assert found["data"][0]["created_at__day"] < found["data"][1]["created_at__day"]
    assert found["metadata"]["row_count"] == 2
    assert "whole" in found["warnings"][0]


async def test_shorter_periods_are_answered_from_single_generations(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, journal: Journal, account: str
) -> None:
    hash_ = digest(bearer(name="x")["authorization"].removeprefix("Bearer "))
    for number, (model, finish, hours) in enumerate((("a/b", "stop", 1), ("a/b", "length", 1), ("c/d", "stop", 50))):
        said = Routed(f"gen-{number}", key_hash=hash_, model=model, cost_nano=5, finish_reason=finish)
        put(store, journal, account, number, said, hours * 3_600_000)
    found = await ask(
        client,
        bearer,
        metrics=["request_count", "tokens_total", "avg_latency"],
        dimensions=["model"],
        filters=[{"field": "api_key_id", "operator": "eq", "value": hash_}],
        order_by={"field": "request_count", "direction": "desc"},
    )
    assert found["data"] == [
        {"model": "a/b", "request_count": 2, "tokens_total": 300, "avg_latency": 500},
        {"model": "c/d", "request_count": 1, "tokens_total": 150, "avg_latency": 500},
    ]
    assert "warnings" not in found
    hourly = await ask(
        client,
        bearer,
        metrics=["request_count"],
        granularity="hour",
        filters=[{"field": "finish_reason", "operator": "in", "value": ["stop"]}],
    )
    assert [row["request_count"] for row in hourly["data"]] == [1, 1]
    single = await ask(client, bearer, metrics=["total_usage"], dimensions=["generation_id"], limit=2)
    assert single["metadata"]["truncated"] is True
    assert len(single["data"]) == 2


async def test_a_key_that_is_not_there_is_warned_of(client: httpx.AsyncClient, bearer: Bearer) -> None:
    found = await ask(
        client,
        bearer,
        metrics=["request_count"],
        filters=[{"field": "api_key_id", "operator": "in", "value": ["0" * 64]}],
    )
    assert found["data"] == []
    assert "0" * 64 in found["warnings"][0]


@pytest.mark.parametrize(
    "question",
    [
        {"metrics": []},
        {"metrics": ["luck"]},
        {"dimensions": ["country"]},
        {"granularity": "year"},
        {"filters": [{"field": "mood", "operator": "eq", "value": "x"}]},
        {"filters": [{"field": "model", "operator": "eq", "value": ["x"]}]},
        {"filters": [{"field": "model", "operator": "in", "value": "x"}]},
        {"order_by": {"field": "tokens_total"}},
        {"order_by": {"field": "date"}},
        {"time_range": {"start": "2026-01-01", "end": "2026-01-02"}},
        {"time_range": {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}},
        {"time_range": {"start": "2026-01-01T00:00:00Z", "end": "2026-06-01T00:00:00Z"}, "granularity": "hour"},
        {"classifier_filters": {"classifier_id": "c", "filters": []}},
    ],
)
async def test_what_cannot_be_answered_is_refused(
    client: httpx.AsyncClient, bearer: Bearer, question: dict[str, Any]
) -> None:
    key = bearer(is_management=True)
    answer = await client.post("analytics/query", json={"metrics": ["request_count"]} | question, headers=key)
    assert answer.status_code == 400
    assert next(iter(question)) in answer.json()["error"]["message"]


async def test_what_may_be_asked_is_told(client: httpx.AsyncClient, bearer: Bearer) -> None:
    key = bearer(is_management=True)
    answer = await client.get("analytics/meta", headers=key)
    data = GetAnalyticsMetaResponse.model_validate(answer.json()).data
    assert "request_count" in {one.name for one in data.metrics}
    assert [one.name for one in data.granularities] == ["minute", "hour", "day", "week", "month"]
    for metric in data.metrics:
        for dimension in data.dimensions:
            await ask(client, bearer, metrics=[metric.name], dimensions=[dimension.name])
