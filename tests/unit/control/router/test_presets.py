"""Presets, as the router's API makes and lists them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from torana import snapshot
from torana.control.operations import Store, create_gateway, delete_gateway
from torana.control.router.keychain import KeyWish, create_key
from torana.surfaces.router.presets import apply

if TYPE_CHECKING:
    import httpx

Bearer = Callable[..., dict[str, str]]
CHAT = {
    "model": "openai/gpt-4o",
    "temperature": 0.7,
    "provider": {"sort": "price"},
    "cache_enabled": True,
    "messages": [{"role": "system", "content": "You help."}, {"role": "user", "content": "Hi"}],
}


async def test_a_request_makes_a_preset_and_the_next_one_a_version(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    key = bearer()
    made = await client.post("presets/writer/chat/completions", json=CHAT, headers=key)
    assert made.status_code == 200
    first = made.json()["data"]
    version = first["designated_version"]
    assert (first["slug"], first["name"], first["status"], first["workspace_id"]) == (
        *("writer", "writer", "active"),
        "default",
    )
    assert (version["version"], version["system_prompt"]) == (1, "You help.")
    assert version["config"] == {name: CHAT[name] for name in CHAT if name != "messages"}
    assert first["designated_version_id"] == version["id"]
    assert version["preset_id"] == first["id"]

    body = {"model": "openai/o3", "instructions": "Be brief.", "input": "Hello", "stream": True}
    second = (await client.post("presets/writer/responses", json=body, headers=key)).json()["data"]
    assert second["id"] == first["id"]
    assert second["created_at"] == first["created_at"]
    assert second["designated_version"]["version"] == 2
    assert second["designated_version"]["config"] == {"model": "openai/o3"}
    assert (await client.get("presets/writer", headers=key)).json()["data"] == second

    listed = (await client.get("presets/writer/versions", headers=key)).json()
    assert [one["version"] for one in listed["data"]] == [2, 1]
    assert listed["total_count"] == 2
    assert (await client.get("presets/writer/versions/1", headers=key)).json()["data"] == version

    (told,) = snapshot.read(store.snapshot_path).routers
    assert told.key == f"{account}/default"
    user = {"role": "user", "content": "x"}
    assert apply({"messages": [user]}, told.presets["writer"]) == {
        "model": "openai/o3",
        "messages": [{"role": "system", "content": "Be brief."}, user],
    }
    assert told.presets["writer"]["id"] == first["id"]


async def test_an_anthropic_request_makes_one_for_every_format(client: httpx.AsyncClient, bearer: Bearer) -> None:
    body = {
        "model": "anthropic/claude-sonnet-4",
        "max_tokens": 1024,
        "system": "Review.",
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "messages": [{"role": "user", "content": "x"}],
    }
    made = (await client.post("presets/reviewer/messages", json=body, headers=bearer())).json()["data"]
    assert made["designated_version"]["system_prompt"] == "Review."
    assert made["designated_version"]["config"]["tools"][0]["type"] == "function"


async def test_presets_are_listed_by_their_last_change_and_by_workspace(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    key = bearer()
    for slug in ("a", "b", "a"):
        await client.post(f"presets/{slug}/chat/completions", json=CHAT, headers=key)
    listed = (await client.get("presets", headers=key)).json()
    assert sorted(one["slug"] for one in listed["data"]) == ["a", "b"]
    assert "designated_version" not in listed["data"][0]
    assert (await client.get("presets?limit=1&offset=2", headers=key)).json() == {"data": [], "total_count": 2}

    create_gateway(store, account, "elsewhere")
    there = create_key(store, account, "elsewhere", KeyWish(name="there"))
    headers = {"authorization": f"Bearer {there.text}"}
    assert (await client.get("presets/a", headers=headers)).status_code == 404
    await client.post("presets/a/chat/completions", json=CHAT, headers=headers)
    assert len(snapshot.read(store.snapshot_path).routers) == 2
    delete_gateway(store, account, "elsewhere")
    assert len(snapshot.read(store.snapshot_path).routers) == 1
    # Its keys went with it.
    assert (await client.get("presets", headers=headers)).status_code == 401


async def test_what_makes_no_preset_is_refused(client: httpx.AsyncClient, bearer: Bearer) -> None:
    key = bearer()
    for path, body in (
        ("presets/%20/chat/completions", CHAT),
        ("presets/x/chat/completions", {"messages": [{"role": "user", "content": "x"}]}),
        ("presets/x/messages", {"model": "a/b", "system": 3, "messages": []}),
    ):
        answer = await client.post(path, json=body, headers=key)
        assert answer.status_code == 400, path
        assert answer.json()["error"]["code"] == 400
    for path in ("presets/x", "presets/x/versions", "presets/x/versions/1"):
        assert (await client.get(path, headers=key)).status_code == 404
    await client.post("presets/x/chat/completions", json=CHAT, headers=key)
    assert (await client.get("presets/x/versions/2", headers=key)).status_code == 404
