"""Callers' own keys at providers: managed, sealed, told to workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from openrouter.components import CreateBYOKKeyResponse

from torana import sealing, snapshot
from torana.control.digests import digest
from torana.control.operations import Store, create_gateway, delete_gateway
from torana.control.rotation import rotate_master
from torana.sealing import Vault, byok_context_of
from torana.settings import Settings
from torana.storage.tables import audit_logs, byok_keys

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

Bearer = Callable[..., dict[str, str]]
SECRET = "sk-proj-0123456789abcdefghij"


def told(store: Store) -> dict[str, list[snapshot.ByokConfig]]:
    return {one.key: one.byok for one in snapshot.read(store.snapshot_path).routers if one.byok}


def revealed(store: Store, folder: Path, account: str, one: snapshot.ByokConfig) -> str:
    """As a worker opens it."""
    masters = sealing.load(Settings(data_dir=str(folder)), {})
    vault = Vault(masters, snapshot.read(store.snapshot_path).data_keys)
    return vault.reveal(one.data_key_id, one.sealed, byok_context_of(account, one.id))


async def test_one_is_kept_sealed_and_shown_by_its_label(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str, tmp_path: Path
) -> None:
    key = bearer(is_management=True)
    body = {"provider": "google-vertex", "key": "abcdefgh12345678", "name": "Ours"}
    made = await client.post("byok", json=body, headers=key)
    assert made.status_code == 201
    one = made.json()["data"]
    assert CreateBYOKKeyResponse.model_validate(made.json()).data.provider == "google-vertex"
    assert {
        "provider": "google-vertex",
        "name": "Ours",
        "label": "…5678",
        "workspace_id": "default",
        "disabled": False,
        "is_fallback": False,
        "sort_order": 0,
        "allowed_models": None,
    }.items() <= one.items()
    assert "abcdefgh" not in made.text

    (config,) = told(store)[f"{account}/default"]
    assert config.provider == "google-vertex-ai"
    assert revealed(store, tmp_path, account, config) == "abcdefgh12345678"
    with store.database.reader.connect() as connection:
        (row,) = connection.execute(sa.select(byok_keys))
        assert "abcdefgh" not in str(tuple(row))
        assert "abcdefgh" not in str(connection.execute(sa.select(audit_logs)).all())


async def test_it_is_changed_and_its_secret_too(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str, tmp_path: Path
) -> None:
    key, other = bearer(is_management=True), bearer(creator_user_id="user_1")
    one = (await client.post("byok", json={"provider": "openai", "key": SECRET}, headers=key)).json()["data"]
    hash_ = digest(other["authorization"].removeprefix("Bearer "))
    change: dict[str, Any] = {
        "is_byok_only": True,
        "is_required": True,
        "sort_order": 7,
        "allowed_models": ["openai/gpt-4o"],
        "allowed_api_key_hashes": [hash_],
        "declared_zdr": True,
        "name": None,
    }
    changed = (await client.patch(f"byok/{one['id']}", json=change, headers=key)).json()["data"]
    assert changed == one | change
    (config,) = told(store)[f"{account}/default"]
    assert (config.is_byok_only, config.is_required, config.sort_order, config.declared_zdr) == (True, True, 7, True)
    assert config.allowed_keys == [hash_]
    assert revealed(store, tmp_path, account, config) == SECRET

    rotated = {"key": "sk-proj-another-0123456789", "allowed_api_key_hashes": None, "allowed_user_ids": ["user_1"]}
    answer = (await client.patch(f"byok/{one['id']}", json=rotated, headers=key)).json()["data"]
    assert answer["label"] == "…6789"
    (config,) = told(store)[f"{account}/default"]
    assert revealed(store, tmp_path, account, config) == "sk-proj-another-0123456789"
    assert config.allowed_keys == [hash_]

    await client.patch(f"byok/{one['id']}", json={"disabled": True}, headers=key)
    assert told(store) == {}
    assert (await client.delete(f"byok/{one['id']}", headers=key)).json() == {"deleted": True}
    assert (await client.get(f"byok/{one['id']}", headers=key)).status_code == 404


async def test_another_master_key_opens_it_still(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str, tmp_path: Path
) -> None:
    await client.post("byok", json={"provider": "openai", "key": SECRET}, headers=bearer(is_management=True))
    former = (tmp_path / sealing.FILE).read_text()
    assert rotate_master(store, Settings(data_dir=str(tmp_path))) == 1
    assert (tmp_path / sealing.FILE).read_text() != former
    (config,) = told(store)[f"{account}/default"]
    assert revealed(store, tmp_path, account, config) == SECRET


async def test_one_of_all_workspaces_is_told_to_each_and_others_go_with_theirs(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, account: str
) -> None:
    key = bearer(is_management=True)
    create_gateway(store, account, "elsewhere")
    for body in (
        {"provider": "openai", "workspace_id": None},
        {"provider": "openai", "workspace_id": "elsewhere"},
        {"provider": "anthropic", "is_fallback": True},
    ):
        assert (await client.post("byok", json=body | {"key": SECRET}, headers=key)).status_code == 201
    assert {name: len(configs) for name, configs in told(store).items()} == {
        f"{account}/default": 2,
        f"{account}/elsewhere": 2,
    }
    listed = (await client.get("byok", headers=key)).json()
    assert [(one["provider"], one["workspace_id"]) for one in listed["data"]] == [
        ("anthropic", "default"),
        ("openai", None),
    ]
    assert (await client.get("byok?provider=openai", headers=key)).json()["total_count"] == 1
    there = (await client.get("byok?workspace_id=elsewhere", headers=key)).json()["data"]
    assert [one["sort_order"] for one in there] == [0, 1]
    delete_gateway(store, account, "elsewhere")
    with store.database.reader.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(byok_keys)).scalar_one() == 2


@pytest.mark.parametrize(
    "body",
    [
        {"provider": "nobody"},
        {"key": ""},
        {"key": "two words"},
        {"is_fallback": True, "is_byok_only": True},
        {"allowed_api_key_hashes": []},
        {"allowed_api_key_hashes": ["0" * 64]},
        {"allowed_models": ["m"] * 101},
        {"declared_region": "moon"},
        {"workspace_id": "nowhere"},
    ],
)
async def test_what_cannot_be_kept_is_refused(
    client: httpx.AsyncClient, bearer: Bearer, store: Store, body: dict[str, Any]
) -> None:
    key = bearer(is_management=True)
    answer = await client.post("byok", json={"provider": "openai", "key": SECRET} | body, headers=key)
    assert answer.status_code == 400
    assert SECRET not in answer.text
    assert told(store) == {}
