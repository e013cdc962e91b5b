"""What was used, by day and endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from openrouter.components import ActivityResponse

from torana.control.operations import Store, create_gateway
from torana.control.router.activity import DAY_MS, day_of
from torana.storage.tables import activity_days

if TYPE_CHECKING:
    import httpx

Bearer = Callable[..., dict[str, str]]


def put(store: Store, account: str, ago: int, **changed: object) -> None:
    """One row, so many days ago."""
    values = {
        "day": store.now_ms() // DAY_MS - ago,
        "account_id": account,
        "gateway_id": "default",
        "key_hash": "a" * 64,
        "user_id": "",
        "model": "openai/gpt-4o",
        "permaslug": "openai/gpt-4o-2024-08-06",
        "endpoint_id": "e",
        "provider_name": "OpenAI",
        "cost_nano": 1_500_000,
        "byok_nano": 250,
        "requests": 2,
        "tokens_in": 10,
        "tokens_out": 20,
        "reasoning_tokens_out": 5,
        "cached_tokens_in": 3,
    }
    with store.database.writer.begin() as connection:
        connection.execute(sa.insert(activity_days).values(values | changed))


async def test_rows_are_by_endpoint_and_day_and_sum_over_the_rest(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    put(store, account, 1)
    put(store, account, 1, key_hash="b" * 64, user_id="u")
    put(store, account, 2, provider_name="Azure")
    put(store, account, 0)
    put(store, account, 31)
    put(store, "f" * 32, 1)
    answer = await client.get("activity", headers=bearer(is_management=True))
    first, second = answer.json()["data"]
    today = store.now_ms() // DAY_MS
    assert first == {
        "date": day_of(today - 1),
        "model": "openai/gpt-4o",
        "model_permaslug": "openai/gpt-4o-2024-08-06",
        "endpoint_id": "e",
        "provider_name": "OpenAI",
        "usage": 0.003,
        "byok_usage_inference": 5e-07,
        "requests": 4,
        "prompt_tokens": 20,
        "completion_tokens": 40,
        "reasoning_tokens": 10,
        "cached_tokens": 6,
    }
    assert (second["date"], second["provider_name"]) == (day_of(today - 2), "Azure")
    assert ActivityResponse.model_validate(answer.json()).data[0].usage == 0.003


async def test_rows_are_chosen_by_day_key_user_and_workspace(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    create_gateway(store, account, "elsewhere")
    put(store, account, 30)
    put(store, account, 1, key_hash="b" * 64)
    put(store, account, 1, user_id="u")
    put(store, account, 1, gateway_id="elsewhere")
    key = bearer(is_management=True)
    today = store.now_ms() // DAY_MS

    async def count(query: str) -> int:
        return sum(row["requests"] for row in (await client.get(f"activity?{query}", headers=key)).json()["data"])

    assert await count("") == 8
    assert await count(f"date={day_of(today - 30)}") == 2
    assert await count(f"date={day_of(today - 1)}T12:00:00Z") == 6
    assert await count(f"api_key_hash={'B' * 64}") == 2
    assert await count("user_id=u") == 2
    assert await count("workspace_id=elsewhere") == 2
    split = (await client.get("activity?group_by=workspace", headers=key)).json()["data"]
    assert [(row["workspace_id"], row["requests"]) for row in split] == [
        *(("default", 4), ("elsewhere", 2)),
        ("default", 2),
    ]


@pytest.mark.parametrize(
    "query", ["date=yesterday", "date=1999-01-01", "api_key_hash=x", "group_by=model", "workspace_id=nowhere"]
)
async def test_what_cannot_be_asked_is_refused(client: httpx.AsyncClient, bearer: Bearer, query: str) -> None:
    answer = await client.get(f"activity?{query}", headers=bearer(is_management=True))
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == 400


async def test_today_is_not_over(client: httpx.AsyncClient, bearer: Bearer, store: Store) -> None:
    today = day_of(store.now_ms() // DAY_MS)
    assert (await client.get(f"activity?date={today}", headers=bearer(is_management=True))).status_code == 400
    assert (await client.get("activity", headers=bearer())).status_code == 403
