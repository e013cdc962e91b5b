"""Guardrails and their assignments, as the router's API manages them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from torana import snapshot
from torana.control.digests import digest
from torana.control.operations import Store, create_gateway, delete_gateway
from torana.routing.guarding import applying, budgeted
from torana.routing.market.bounds import merged, read_bounds

if TYPE_CHECKING:
    import httpx

Bearer = Callable[..., dict[str, str]]
FULL: dict[str, Any] = {
    "name": "Production",
    "description": "For all of it",
    "limit_usd": 12.345678901,
    "reset_interval": "monthly",
    "include_byok_in_budgets": True,
    "allowed_models": ["openai/gpt-4o"],
    "ignored_models": [],
    "allowed_providers": ["openai", "azure"],
    "ignored_providers": None,
    "enforce_zdr_anthropic": True,
    "enforce_zdr_openai": False,
    "enable_free_model_training": False,
    "content_filters": [{"pattern": r"acme-\d+", "action": "redact", "label": "[PROJECT]"}],
    "content_filter_builtins": [
        {"slug": "email", "action": "flag", "label": "ignored"},
        {"slug": "regex-prompt-injection", "action": "block", "scan_scope": "user_only"},
    ],
}


def hash_of(headers: dict[str, str]) -> str:
    return digest(headers["authorization"].removeprefix("Bearer "))


def routers(store: Store) -> dict[str, snapshot.RouterConfig]:
    return {one.key: one for one in snapshot.read(store.snapshot_path).routers}


async def test_one_is_made_shown_changed_and_removed(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    key = bearer(is_management=True)
    made = await client.post("guardrails", json=FULL, headers=key)
    assert made.status_code == 201
    one = made.json()["data"]
    assert {name: one[name] for name in FULL if name != "content_filter_builtins"} == {
        name: FULL[name] for name in FULL if name != "content_filter_builtins"
    }
    assert one["content_filter_builtins"] == [
        {"slug": "email", "action": "flag", "label": "[EMAIL]"},
        {
            "slug": "regex-prompt-injection",
            "action": "block",
            "label": "[PROMPT_INJECTION]",
            "scan_scope": "user_only",
        },
    ]
    assert one["workspace_id"] == "default"
    assert one["updated_at"] is None
    told = routers(store)[f"{account}/default"].guardrails[one["id"]]
    assert budgeted([told])[0].limit_nano == 12_345_678_901

    path = f"guardrails/{one['id']}"
    change = {"limit_usd": None, "reset_interval": None, "allowed_models": None, "name": "Other"}
    changed = (await client.patch(path, json=change, headers=key)).json()["data"]
    assert changed["updated_at"] is not None
    assert changed == one | change | {"updated_at": changed["updated_at"]}
    assert (await client.get(path, headers=key)).json()["data"] == changed

    assert (await client.delete(path, headers=key)).json() == {"deleted": True}
    gone = await client.get(path, headers=key)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, 404)
    assert f"{account}/default" not in routers(store)


async def test_the_default_of_a_workspace_is_there_from_the_start_and_kept_once_it_is_changed(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    key = bearer(is_management=True)
    await client.post("guardrails", json={"name": "Second"}, headers=key)
    listed = (await client.get("guardrails", headers=key)).json()
    assert [one["name"] for one in listed["data"]] == ["Workspace default Default", "Second"]
    assert listed["total_count"] == 2
    default = listed["data"][0]
    assert (await client.get(f"guardrails/{default['id']}", headers=key)).json()["data"] == default
    assert not any(one.get("is_default") for one in routers(store)[f"{account}/default"].guardrails.values())

    change = {"enforce_zdr": True, "enforce_zdr_google": False, "allowed_providers": ["openai"]}
    changed = (await client.patch(f"guardrails/{default['id']}", json=change, headers=key)).json()["data"]
    assert changed["enforce_zdr_xai"] is True
    assert changed["enforce_zdr_google"] is False
    assert changed["enforce_zdr"] is None
    (one,) = applying(routers(store)[f"{account}/default"].guardrails, [])
    assert merged([read_bounds(one)]).zdr == {"anthropic", "openai", "xai", "other"}
    assert one["id"] == default["id"]
    again = (await client.get("guardrails?offset=0&limit=1", headers=key)).json()
    assert again == {"data": [changed], "total_count": 2}

    assert (await client.delete(f"guardrails/{default['id']}", headers=key)).json() == {"deleted": True}
    assert (await client.delete(f"guardrails/{default['id']}", headers=key)).json() == {"deleted": True}
    assert (await client.get(f"guardrails/{default['id']}", headers=key)).json()["data"] == default


@pytest.mark.parametrize(
    "change",
    [
        {"limit_usd": 5},
        {"reset_interval": "daily"},
        {"limit_usd": -1, "reset_interval": "daily"},
        {"limit_usd": 1e300, "reset_interval": "daily"},
        {"limit_usd": 1, "reset_interval": "hourly"},
        {"allowed_models": [""]},
        {"allowed_data_regions": []},
        {"allowed_data_regions": ["europe"]},
        {"content_filters": [{"pattern": "a", "action": "shout"}]},
        {"content_filter_builtins": [{"slug": "poems", "action": "block"}]},
        {"content_filter_builtins": [{"slug": "secrets", "action": "block"}]},
        {"name": None},
    ],
)
async def test_what_cannot_be_kept_is_refused_by_name(
    client: httpx.AsyncClient, bearer: Bearer, change: dict[str, Any]
) -> None:
    key = bearer(is_management=True)
    answer = await client.post("guardrails", json={"name": "x"} | change, headers=key)
    assert answer.status_code == 400
    assert any(name in answer.json()["error"]["message"] for name in change)
    assert (await client.get("guardrails", headers=key)).json()["total_count"] == 1


@pytest.mark.parametrize("pattern", ["(a+)+", "a(?=b)", "a{2000}{2000}", "*a"])
async def test_a_pattern_that_may_not_be_searched_for_is_told_as_such(
    client: httpx.AsyncClient, bearer: Bearer, pattern: str
) -> None:
    key = bearer(is_management=True)
    made = (await client.post("guardrails", json={"name": "x"}, headers=key)).json()["data"]
    body = {"content_filters": [{"pattern": pattern, "action": "block"}]}
    for answer in (
        await client.post("guardrails", json={"name": "y"} | body, headers=key),
        await client.patch(f"guardrails/{made['id']}", json=body, headers=key),
    ):
        assert answer.status_code == 400
        assert answer.json()["error"]["metadata"] == {"code": "invalid_regex_pattern", "pattern": pattern}


async def test_an_empty_list_allows_everything(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    body = {"name": "x", "allowed_models": [], "allowed_providers": [], "allowed_data_regions": ["global", "us"]}
    made = (await client.post("guardrails", json=body, headers=bearer(is_management=True))).json()["data"]
    assert (made["allowed_models"], made["allowed_providers"]) == (None, None)
    bounds = read_bounds(routers(store)[f"{account}/default"].guardrails[made["id"]])
    assert (bounds.allowed_models, bounds.allowed_providers) == ((), ())


async def test_a_key_has_one_guardrail_at_most(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    key, plain, other = bearer(is_management=True), bearer(name="plain"), bearer(name="other")
    first, second = [
        (await client.post("guardrails", json={"name": name}, headers=key)).json()["data"]["id"] for name in "ab"
    ]
    hashes = [hash_of(plain), hash_of(other)]
    path = "guardrails/{}/assignments/keys"
    both = await client.post(path.format(first), json={"key_hashes": hashes}, headers=key)
    assert both.json() == {"assigned_count": 2}
    one = await client.post(path.format(second), json={"key_hashes": hashes[:1]}, headers=key)
    assert one.json() == {"assigned_count": 1}

    listed = (await client.get(path.format(second), headers=key)).json()
    assert listed["total_count"] == 1
    found = listed["data"][0]
    assert (found["guardrail_id"], found["key_hash"], found["key_name"]) == (second, hashes[0], "plain")
    assert found["key_label"].startswith("sk-or-v1-")
    everyone = (await client.get("guardrails/assignments/keys?limit=1&offset=1", headers=key)).json()
    assert everyone["total_count"] == 2
    assert len(everyone["data"]) == 1
    told = {one.key: one.guardrails for one in snapshot.read(store.snapshot_path).router_keys}
    assert (told[hashes[0]], told[hashes[1]]) == ((second,), (first,))
    assert snapshot.read(store.snapshot_path).routers[0].key == f"{account}/default"

    gone = await client.post(path.format(first) + "/remove", json={"key_hashes": hashes}, headers=key)
    assert gone.json() == {"unassigned_count": 1}
    await client.delete(f"guardrails/{second}", headers=key)
    assert (await client.get("guardrails/assignments/keys", headers=key)).json()["total_count"] == 0


async def test_only_keys_of_the_same_workspace_are_assigned(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    key = bearer(is_management=True)
    create_gateway(store, account, "elsewhere")
    there = {"name": "x", "workspace_id": "elsewhere"}
    id_ = (await client.post("guardrails", json=there, headers=key)).json()["data"]["id"]
    path = f"guardrails/{id_}/assignments/keys"
    for hash_, what in ((hash_of(key), "workspace"), ("0" * 64, "hash")):
        answer = await client.post(path, json={"key_hashes": [hash_]}, headers=key)
        assert answer.status_code == 400
        assert what in answer.json()["error"]["message"]
    default = (await client.get("guardrails", headers=key)).json()["data"][0]["id"]
    answer = await client.post(
        f"guardrails/{default}/assignments/keys", json={"key_hashes": [hash_of(key)]}, headers=key
    )
    assert answer.status_code == 404
    assert (await client.get("guardrails?workspace_id=elsewhere", headers=key)).json()["total_count"] == 2
    assert (await client.get("guardrails?workspace_id=nowhere", headers=key)).status_code == 400
    delete_gateway(store, account, "elsewhere")
    assert routers(store) == {}
    assert (await client.get(f"guardrails/{id_}", headers=key)).status_code == 404


async def test_there_are_no_members(client: httpx.AsyncClient, bearer: Bearer) -> None:
    key = bearer(is_management=True)
    id_ = (await client.post("guardrails", json={"name": "x"}, headers=key)).json()["data"]["id"]
    path = f"guardrails/{id_}/assignments/members"
    assert (await client.post(path, json={"member_user_ids": ["u"]}, headers=key)).json() == {"assigned_count": 0}
    gone = await client.post(path + "/remove", json={"member_user_ids": ["u"]}, headers=key)
    assert gone.json() == {"unassigned_count": 0}
    for listed in (path, "guardrails/assignments/members"):
        assert (await client.get(listed, headers=key)).json() == {"data": [], "total_count": 0}
    assert (await client.get("guardrails/nothing/assignments/members", headers=key)).status_code == 404
