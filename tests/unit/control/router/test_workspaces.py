"""Workspaces, which are gateways."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from openrouter.components import GetWorkspaceResponse, ListWorkspacesResponse

from torana import snapshot
from torana.control.operations import Store, create_gateway, find_gateway
from torana.control.router.keychain import KeyWish, create_key

if TYPE_CHECKING:
    import httpx

Bearer = Callable[..., dict[str, str]]


async def test_a_workspace_is_a_gateway(client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str) -> None:
    key = bearer(is_management=True)
    body = {"name": "Team A", "slug": "team-a", "default_text_model": "openai/gpt-4o", "default_provider_sort": "price"}
    made = await client.post("workspaces", json=body, headers=key)
    assert made.status_code == 201
    one = made.json()["data"]
    assert body.items() <= one.items()
    assert one["id"] == "team-a"
    assert find_gateway(store, account, "team-a").config.collect_logs
    told = {each.key: each for each in snapshot.read(store.snapshot_path).routers}[f"{account}/team-a"]
    assert (told.default_model, told.default_sort) == ("openai/gpt-4o", "price")

    change = {"description": "Ours", "default_provider_sort": None, "is_observability_io_logging_enabled": False}
    changed = (await client.patch("workspaces/team-a", json=change, headers=key)).json()["data"]
    assert changed == one | change | {"updated_at": changed["updated_at"]}
    assert not find_gateway(store, account, "team-a").config.collect_logs
    assert GetWorkspaceResponse.model_validate({"data": changed}).data.name == "Team A"
    assert (await client.get("workspaces/team-a", headers=key)).json()["data"] == changed

    default = (await client.get(f"guardrails/{one['default_guardrail_id']}", headers=key)).json()["data"]
    assert default["workspace_id"] == "team-a"
    listed = await client.get("workspaces", headers=key)
    assert [each["slug"] for each in listed.json()["data"]] == ["default", "team-a"]
    assert ListWorkspacesResponse.model_validate(listed.json()).total_count == 2

    assert (await client.delete("workspaces/team-a", headers=key)).json() == {"deleted": True}
    assert (await client.get("workspaces/team-a", headers=key)).status_code == 404
    assert snapshot.read(store.snapshot_path).routers == []


@pytest.mark.parametrize(
    "body",
    [
        {"slug": "Not A Slug"},
        {"name": ""},
        {"io_logging_sampling_rate": 0.5},
        {"is_data_discount_logging_enabled": True},
        {"is_observability_broadcast_enabled": True},
        {"disabled_server_tools": ["openrouter:web_search"]},
        {"default_provider_sort": "luck"},
    ],
)
async def test_what_nothing_would_act_on_is_refused(
    client: httpx.AsyncClient, bearer: Bearer, body: dict[str, Any]
) -> None:
    key = bearer(is_management=True)
    answer = await client.post("workspaces", json={"name": "x", "slug": "x"} | body, headers=key)
    assert answer.status_code == 400
    assert (await client.get("workspaces", headers=key)).json()["total_count"] == 1


async def test_one_that_is_there_or_in_use_stays(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    key = bearer(is_management=True)
    taken = await client.post("workspaces", json={"name": "x", "slug": "default"}, headers=key)
    assert taken.status_code == 409
    assert (await client.delete("workspaces/default", headers=key)).status_code == 400
    assert (await client.patch("workspaces/default", json={"slug": "other"}, headers=key)).status_code == 400
    create_gateway(store, account, "elsewhere")
    there = create_key(store, account, "elsewhere", KeyWish(name="there", is_management=True))
    headers = {"authorization": f"Bearer {there.text}"}
    assert (await client.delete("workspaces/elsewhere", headers=headers)).status_code == 400
    assert (await client.delete("workspaces/default", headers=headers)).status_code == 200
    assert (await client.get("workspaces", headers=key)).status_code == 401


async def test_there_are_no_members_and_no_budgets(client: httpx.AsyncClient, bearer: Bearer) -> None:
    key = bearer(is_management=True)
    for path in ("workspaces/default/members", "organization/members"):
        assert (await client.get(path, headers=key)).json() == {"data": [], "total_count": 0}
    body = {"user_ids": ["u"]}
    added = await client.post("workspaces/default/members/add", json=body, headers=key)
    assert added.json() == {"data": [], "added_count": 0}
    gone = await client.post("workspaces/default/members/remove", json=body, headers=key)
    assert gone.json() == {"removed_count": 0}
    assert (await client.get("workspaces/default/budgets", headers=key)).json()["data"] == []
    put = await client.put("workspaces/default/budgets/daily", json={"limit_usd": 1}, headers=key)
    assert (put.status_code, put.json()["error"]["code"]) == (501, 501)
    assert (await client.get("workspaces/default/budgets/daily", headers=key)).status_code == 404
    assert (await client.delete("workspaces/default/budgets/daily", headers=key)).json() == {"deleted": True}
    assert (await client.get("workspaces/nowhere/members", headers=key)).status_code == 404
