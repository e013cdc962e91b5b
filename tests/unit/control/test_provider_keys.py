"""Providers' keys in the store: sealed, previewed, found again by workers, through a change of the master key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
import sqlalchemy as sa

from fakes import Records
from torana import sealing, snapshot
from torana.control.gateway_settings import GatewaySettings
from torana.control.operations import Store, create_gateway, delete_gateway, ensure_default, find_gateway, open_store
from torana.control.provider_keys import (
    KeyChange,
    KeyExists,
    NewKey,
    change_key,
    create_key,
    delete_key,
    find_key,
    list_keys,
)
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.control.rotation import rotate_master
from torana.directory import Directory
from torana.limits import KeyLimit
from torana.settings import Settings
from torana.storage.tables import data_keys, provider_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "sk-proj-SECRET-0123456789"
OPENAI = NewKey(provider="openai", secret=SECRET, is_default=True)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv(sealing.VARIABLE, raising=False)
    return Settings(data_dir=str(tmp_path))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def account(store: Store) -> str:
    return ensure_default(store).id


def revealed(store: Store, settings: Settings, account: str, gateway_id: str = "default") -> dict[str, str]:
    """All keys of a gateway as a worker opens them, by `provider/alias`."""
    found = snapshot.read_index(store.snapshot_path)
    gateway = Directory(found, Records(), sealing.load(settings)).gateway(account.encode(), gateway_id.encode())
    assert gateway is not None
    return {f"{slug}/{key.alias}": key.reveal() for slug, keys in gateway.stored.items() for key in keys}


def test_a_key_is_kept_sealed_and_opened_by_workers(store: Store, settings: Settings, account: str) -> None:
    key = create_key(store, account, "default", OPENAI)
    assert (key.preview, key.alias, key.is_default) == ("…6789", "default", True)
    assert list_keys(store, account) == list_keys(store, account, "default") == [key]
    assert revealed(store, settings, account) == {"openai/default": SECRET}
    assert SECRET not in repr(OPENAI) + repr(key)
    for file in settings.path().rglob("*"):
        assert not file.is_file() or b"SECRET" not in file.read_bytes()


def test_another_secret_takes_the_place_and_a_removed_key_is_gone(
    store: Store, settings: Settings, account: str
) -> None:
    key = create_key(store, account, "default", OPENAI)
    changed = change_key(store, account, "default", key.id, KeyChange(secret=" sk-another-9999999\n"))
    assert (changed.preview, changed.is_default, changed.id) == ("…9999", True, key.id)
    assert revealed(store, settings, account) == {"openai/default": "sk-another-9999999"}
    assert delete_key(store, account, "default", key.id) == changed
    assert revealed(store, settings, account) == {}
    with pytest.raises(NoSuchThing):
        delete_key(store, account, "default", key.id)
    with pytest.raises(NoSuchThing):
        change_key(store, account, "other", key.id, KeyChange(secret="x"))


def test_a_key_may_have_a_limit_which_workers_are_told(store: Store, account: str) -> None:
    key = create_key(store, account, "default", msgspec.structs.replace(OPENAI, rate_limit=5))
    assert (key.rate_limit, key.rate_limit_period) == (5, 60)
    limit = KeyLimit(provider="openai", alias="default", limit=5, interval=60)
    for found in (snapshot.read(store.snapshot_path).gateways[0], find_gateway(store, account, "default").config):
        assert found.key_limits == [limit]
    changed = change_key(store, account, "default", key.id, KeyChange(rate_limit_period=3600))
    assert (changed.rate_limit, changed.rate_limit_period, changed.preview) == (5, 3600, key.preview)
    changed = change_key(store, account, "default", key.id, KeyChange(rate_limit=0))
    assert (changed.rate_limit, changed.rate_limit_period) == (None, None)
    assert snapshot.read(store.snapshot_path).gateways[0].key_limits == []


def test_a_provider_has_one_default_key(store: Store, account: str) -> None:
    create_key(store, account, "default", OPENAI)
    other = create_key(store, account, "default", NewKey(provider="groq", secret="gsk-12345", is_default=True))
    team = create_key(store, account, "default", msgspec.structs.replace(OPENAI, alias="team"))
    assert [(key.alias, key.is_default) for key in list_keys(store, account)] == [
        ("default", False),
        (other.alias, True),
        ("team", True),
    ]
    assert find_key(store, account, "default", "openai", "team") == team
    assert find_key(store, account, "default", "openai", "nobody") is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"provider": "nobody"}, "provider_slug"),
        ({"alias": "with space"}, "alias"),
        ({"alias": "x" * 65}, "alias"),
        ({"secret": " "}, "secret"),
        ({"secret": "two words"}, "secret"),
        ({"secret": "line\r\nx: y"}, "secret"),
        ({"secret": "x" * 20_000}, "secret"),
        ({"provider": "aws-bedrock", "secret": '{"accessKeyId": "A"}'}, "secret"),
    ],
)
def test_what_cannot_be_a_key_is_refused_by_field(
    store: Store, account: str, changed: dict[str, str], field: str
) -> None:
    wish = msgspec.structs.replace(OPENAI, **changed)
    with pytest.raises(InvalidInput) as refused:
        create_key(store, account, "default", wish)
    assert refused.value.path == ("body", field)
    assert wish.secret.strip() == "" or wish.secret not in str(refused.value)


def test_a_gateway_and_an_alias_have_to_be_right(store: Store, account: str) -> None:
    create_key(store, account, "default", OPENAI)
    with pytest.raises(KeyExists):
        create_key(store, account, "default", OPENAI)
    with pytest.raises(NoSuchThing):
        create_key(store, account, "nowhere", OPENAI)
    create_key(store, account, "default", msgspec.structs.replace(OPENAI, provider="custom-mine"))


def test_structured_keys_are_previewed_by_what_names_them(store: Store, account: str) -> None:
    aws = '{"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": "SECRET"}'
    google = '{"client_email": "a@b.iam", "private_key": "SECRET"}'
    made = [
        create_key(store, account, "default", NewKey(provider="aws-bedrock", secret=aws)),
        create_key(store, account, "default", NewKey(provider="google-vertex-ai", secret=google)),
        create_key(store, account, "default", NewKey(provider="openai", secret="short")),
    ]
    assert [key.preview for key in made] == ["…MPLE", "a@b.iam", "…"]


def test_a_gateway_takes_its_keys_with_it(store: Store, settings: Settings, account: str) -> None:
    create_gateway(store, account, "team")
    create_key(store, account, "team", OPENAI)
    delete_gateway(store, account, "team")
    create_gateway(store, account, "team", GatewaySettings())
    assert revealed(store, settings, account, "team") == {}


def test_a_sealed_key_cannot_be_moved_to_another_gateway(store: Store, settings: Settings, account: str) -> None:
    create_gateway(store, account, "team")
    create_key(store, account, "default", OPENAI)
    with store.database.writer.begin() as connection:
        connection.execute(sa.update(provider_keys).values(gateway_id="team"))
    ensure_default(store)
    with pytest.raises(Exception, match="is not where it was put"):
        revealed(store, settings, account, "team")


def test_the_master_key_changes_and_secrets_stay(store: Store, settings: Settings, account: str) -> None:
    create_key(store, account, "default", OPENAI)
    former = sealing.load(settings)
    before = store.database.reader.connect().execute(sa.select(provider_keys.c.sealed)).scalar_one()
    assert rotate_master(store, settings) == 1
    masters = sealing.load(settings)
    assert not masters.has(former.first_id)
    assert revealed(store, settings, account) == {"openai/default": SECRET}
    with store.database.reader.connect() as connection:
        assert connection.execute(sa.select(data_keys.c.master_id)).scalar_one() == masters.first_id
        assert connection.execute(sa.select(provider_keys.c.sealed)).scalar_one() == before
    create_key(store, account, "default", NewKey(provider="groq", secret="gsk-1234567"))
    assert len(revealed(store, settings, account)) == 2


def test_a_master_key_of_the_operators_changes_when_a_newer_one_is_there(
    store: Store, settings: Settings, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sealing.VARIABLE, "11" * 32)
    create_key(store, account, "default", OPENAI)
    with pytest.raises(sealing.MasterKeyError, match="no newer"):
        rotate_master(store, settings)
    monkeypatch.setenv(sealing.VARIABLE, "22" * 32 + "," + "11" * 32)
    assert rotate_master(store, settings) == 1
    monkeypatch.setenv(sealing.VARIABLE, "22" * 32)
    assert revealed(store, settings, account) == {"openai/default": SECRET}
    assert not settings.path(sealing.FILE).exists()
