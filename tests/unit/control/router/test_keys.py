"""Keys of the router: made, shown, changed, removed, and what they tell of their use."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from torana import snapshot
from torana.control.audit import Search, find_entries
from torana.control.digests import digest
from torana.control.operations import Store, create_gateway
from torana.control.router.books import grant
from torana.control.router.money import nano_of, usd
from torana.control.router.times import iso, ms_of
from torana.periods import Reset, day_of, period
from torana.storage.tables import guardrail_assignments, guardrails, router_key_days

if TYPE_CHECKING:
    import httpx

Bearer = Callable[..., dict[str, str]]
WINDOWS = ("", "_daily", "_weekly", "_monthly")


@pytest.fixture
def manager(bearer: Bearer) -> dict[str, str]:
    return bearer(name="manager", is_management=True)


def spend(store: Store, account: str, key_hash: str, cost: int, byok: int = 0, day: int | None = None) -> None:
    values = {
        "key_hash": key_hash,
        "day": day_of(store.now_ms()) if day is None else day,
        "account_id": account,
        "cost_nano": cost,
        "byok_nano": byok,
        "requests": 1,
    }
    with store.database.writer.begin() as connection:
        connection.execute(sa.insert(router_key_days).values(values))


async def test_a_new_key_is_shown_once_and_works_at_once(
    client: httpx.AsyncClient, store: Store, account: str, manager: dict[str, str]
) -> None:
    asked = {
        "name": "My key",
        "limit": 12.5,
        "limit_reset": "monthly",
        "include_byok_in_limit": True,
        "expires_at": "2099-12-31T23:59:59Z",
        "creator_user_id": "user_1",
        "external": {"user": "customer 7"},
        "unknown": 1,
    }
    answer = await client.post("keys", json=asked, headers=manager)
    assert answer.status_code == 201
    told = answer.json()
    text = told["key"]
    assert re.fullmatch(r"sk-or-v1-[0-9a-f]{64}", text)
    data = told["data"]
    assert data | {"created_at": ""} == {
        "hash": digest(text),
        "label": f"sk-or-v1-{text[9:12]}...{text[-3:]}",
        "name": "My key",
        "disabled": False,
        "limit": 12.5,
        "limit_remaining": 12.5,
        "limit_reset": "monthly",
        "include_byok_in_limit": True,
        "created_at": "",
        "updated_at": None,
        "expires_at": "2099-12-31T23:59:59.000Z",
        "last_used_at": None,
        "creator_user_id": "user_1",
        "external_user": "customer 7",
        "workspace_id": "default",
        **{f"{kind}usage{window}": 0.0 for kind in ("", "byok_") for window in WINDOWS},
    }
    own = (await client.get("key", headers={"authorization": f"Bearer {text}"})).json()["data"]
    assert (own["label"], own["limit"], own["limit_reset"]) == (data["label"], 12.5, "monthly")
    assert (own["is_management_key"], own["creator_user_id"], own["workspace_id"]) == (False, "user_1", "default")
    assert text not in (await client.get(f"keys/{data['hash']}", headers=manager)).text
    assert text.encode() not in store.snapshot_path.read_bytes()
    compiled = {one.key: one for one in snapshot.read(store.snapshot_path).router_keys}
    assert compiled[data["hash"]].limit_nano == 12_500_000_000
    with store.database.reader.connect() as connection:
        (entry, *_) = find_entries(
            connection, account, Search(resource_type="router.key", resource_id=data["hash"])
        ).entries
    assert (entry.action, entry.actor.name) == ("create", "manager")
    assert text not in str(entry)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": 5},
        {"name": "\x07"},
        {"name": "x", "limit": -1},
        {"name": "x", "limit": 1e12},
        {"name": "x", "limit": "NaN"},
        {"name": "x", "limit_reset": "yearly"},
        {"name": "x", "expires_at": "2099-12-31"},
        {"name": "x", "expires_at": "2099-12-31T23:59Z"},
        {"name": "x", "expires_at": "2099-12-31T23:59:59+02:00"},
        {"name": "x", "expires_at": "2099-13-31T23:59:59Z"},
        {"name": "x", "expires_at": "2001-01-01T00:00:00Z"},
        {"name": "x", "workspace_id": "nowhere"},
        {"name": "x", "external": {}},
        [],
    ],
)
async def test_what_cannot_be_a_key_is_a_bad_request(
    client: httpx.AsyncClient, manager: dict[str, str], body: object
) -> None:
    answer = await client.post("keys", json=body, headers=manager)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 400)
    assert (await client.get("keys", headers=manager)).json() == {"data": []}


async def test_a_key_is_changed_in_what_is_sent_alone(client: httpx.AsyncClient, manager: dict[str, str]) -> None:
    made = (await client.post("keys", json={"name": "a", "limit": 5, "limit_reset": "daily"}, headers=manager)).json()
    path = f"keys/{made['data']['hash']}"
    changed = (await client.patch(path, json={"name": "b", "disabled": True}, headers=manager)).json()["data"]
    assert (changed["name"], changed["disabled"], changed["limit"], changed["limit_reset"]) == ("b", True, 5, "daily")
    assert changed["updated_at"] is not None
    changed = (await client.patch(path, json={"limit": None, "limit_reset": None}, headers=manager)).json()["data"]
    assert (changed["name"], changed["limit"], changed["limit_remaining"], changed["limit_reset"]) == (
        "b",
        None,
        None,
        None,
    )
    for bad in ({"limit": -1}, {"name": None}, {"disabled": "x"}, {"workspace_id": "nowhere"}):
        assert (await client.patch(path, json=bad, headers=manager)).status_code == 400
    assert (await client.get(path, headers=manager)).json()["data"] == changed


async def test_a_key_that_is_removed_is_gone(client: httpx.AsyncClient, manager: dict[str, str]) -> None:
    made = (await client.post("keys", json={"name": "a"}, headers=manager)).json()
    path = f"keys/{made['data']['hash']}"
    assert (await client.delete(path, headers=manager)).json() == {"deleted": True}
    for method in ("GET", "DELETE", "PATCH"):
        answer = await client.request(method, path, json={}, headers=manager)
        assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Resource not found")
    own = await client.get("key", headers={"authorization": f"Bearer {made['key']}"})
    assert own.status_code == 401


async def test_keys_that_manage_are_out_of_reach(
    client: httpx.AsyncClient, bearer: Bearer, manager: dict[str, str]
) -> None:
    other = digest(bearer(name="other", is_management=True)["authorization"].removeprefix("Bearer "))
    assert (await client.get("keys", headers=manager)).json() == {"data": []}
    assert (await client.delete(f"keys/{other}", headers=manager)).status_code == 404
    assert (await client.patch(f"keys/{other}", json={"disabled": True}, headers=manager)).status_code == 404


async def test_keys_are_listed_by_page_and_workspace(
    client: httpx.AsyncClient, store: Store, account: str, manager: dict[str, str]
) -> None:
    create_gateway(store, account, "other")
    for name, workspace in (("a", "default"), ("b", "default"), ("c", "other"), ("d", "default")):
        await client.post("keys", json={"name": name, "workspace_id": workspace}, headers=manager)

    async def names(query: str = "") -> list[str]:
        return [one["name"] for one in (await client.get(f"keys{query}", headers=manager)).json()["data"]]

    everything = set(await names())
    assert everything == {"a", "b", "d"}
    assert len(await names("?offset=2")) == 1
    assert await names("?workspace_id=other") == ["c"]
    assert await names("?workspace_id=nowhere") == []
    assert (await client.get("keys?offset=-1", headers=manager)).status_code == 400
    listed = (await client.get("keys", headers=manager)).json()["data"]
    gone = next(one["hash"] for one in listed if one["name"] == "a")
    await client.patch(f"keys/{gone}", json={"disabled": True}, headers=manager)
    assert set(await names()) == {"b", "d"}
    assert set(await names("?include_disabled=true")) == {"a", "b", "d"}
    moved = next(one["hash"] for one in listed if one["name"] == "b")
    assert (await client.patch(f"keys/{moved}", json={"workspace_id": "other"}, headers=manager)).status_code == 200
    assert set(await names("?workspace_id=other")) == {"b", "c"}


async def test_use_is_told_by_the_day_the_week_the_month_and_ever(
    client: httpx.AsyncClient, store: Store, account: str, manager: dict[str, str]
) -> None:
    wish = {"name": "a", "limit": 1, "limit_reset": "weekly"}
    made = (await client.post("keys", json=wish, headers=manager)).json()
    hash_, now_ms = made["data"]["hash"], store.now_ms()
    amounts = {
        day_of(now_ms): 1,
        period("weekly", now_ms).first_day: 10,
        period("monthly", now_ms).first_day: 100,
        5: 1000,
    }
    for day, cost in amounts.items():
        spend(store, account, hash_, cost * 1_000_000, cost * 2_000_000, day)
    resets: tuple[Reset | None, ...] = (None, "daily", "weekly", "monthly")
    firsts = {window: period(reset, now_ms).first_day for window, reset in zip(WINDOWS, resets, strict=True)}
    sums = {
        window: sum(cost for day, cost in amounts.items() if day >= first) / 1000 for window, first in firsts.items()
    }
    for answer in (
        await client.get(f"keys/{hash_}", headers=manager),
        await client.get("key", headers={"authorization": f"Bearer {made['key']}"}),
    ):
        data = answer.json()["data"]
        for window, amount in sums.items():
            assert data[f"usage{window}"] == amount
            assert data[f"byok_usage{window}"] == 2 * amount
        assert data["limit_remaining"] == max(0, 1 - sums["_weekly"])
    await client.patch(f"keys/{hash_}", json={"include_byok_in_limit": True, "limit": 10}, headers=manager)
    data = (await client.get(f"keys/{hash_}", headers=manager)).json()["data"]
    assert data["limit_remaining"] == pytest.approx(10 - 3 * sums["_weekly"])


async def test_a_key_knows_what_it_is_budgeted_by(
    client: httpx.AsyncClient, store: Store, account: str, bearer: Bearer
) -> None:
    headers = bearer(limit_nano=2_000_000_000)
    hash_ = digest(headers["authorization"].removeprefix("Bearer "))
    content = json.dumps({"id": "g1", "limit_nano": 500_000_000, "reset_interval": "daily"})
    with store.database.writer.begin() as connection:
        connection.execute(
            sa.insert(guardrails).values(
                id="g1", account_id=account, gateway_id="default", content=content, created_ms=1
            )
        )
        connection.execute(
            sa.insert(guardrail_assignments).values(id="a1", guardrail_id="g1", key_hash=hash_, created_ms=1)
        )
    spend(store, account, hash_, 600_000_000)
    data = (await client.get("key", headers=headers)).json()["data"]
    first, second = data["budgets"]
    assert (first["scope"], first["guardrail_id"], first["limit_usd"], first["spend_usd"]) == (
        "api_key",
        "g1",
        0.5,
        0.6,
    )
    assert first["remaining_usd"] == -0.1
    assert first["resets_at"] == iso(period("daily", store.now_ms()).ends_ms or 0)
    assert (second["scope"], second["guardrail_id"], second["remaining_usd"]) == ("key_limit", None, 1.4)
    assert data["effective_budget"] == first
    assert data["rate_limit"]["requests"] == -1
    assert data["free_model_daily_requests"]["used"] == 0


async def test_what_an_account_was_granted_and_used_is_told_in_usd(
    client: httpx.AsyncClient, store: Store, account: str, manager: dict[str, str]
) -> None:
    assert (await client.get("credits", headers=manager)).json() == {"data": {"total_credits": 0.0, "total_usage": 0.0}}
    assert snapshot.read(store.snapshot_path).accounts[0].credits_nano is None
    grant(store, account, 10_500_000_001, "first")
    grant(store, account, 1)
    answer = await client.get("credits", headers=manager)
    assert answer.json() == {"data": {"total_credits": 10.500000002, "total_usage": 0.0}}
    assert snapshot.read(store.snapshot_path).accounts[0].credits_nano == 10_500_000_002


@given(st.integers(-(10**15), 10**15))
def test_money_that_is_shown_is_read_back_to_the_nano(nano: int) -> None:
    assert nano_of(Decimal(json.dumps(usd(nano)))) == nano


@given(st.integers(0, 4_000_000_000_000))
def test_a_moment_that_is_shown_is_read_back(ms: int) -> None:
    assert ms_of(iso(ms)) == ms
