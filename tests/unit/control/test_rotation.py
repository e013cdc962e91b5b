"""Secrets of custom providers and of logpush: sealed, opened by who needs them, through changes of the master key."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import msgspec
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fakes import Answers, Records, flow, request
from torana import sealing, snapshot
from torana.control.audit import Actor, Search, find_entries
from torana.control.custom_changes import create_provider, update_provider
from torana.control.custom_providers import ProviderFields, find_provider, reveal_headers
from torana.control.logpush.jobs import Wish, create_job, find_job
from torana.control.logpush.targets import Address
from torana.control.operations import Store, create_gateway, ensure_default, open_store
from torana.control.refusals import InvalidInput
from torana.control.rotation import rotate_master, seal_rest
from torana.directory import Directory
from torana.message import Reply
from torana.settings import Settings
from torana.storage.tables import custom_providers, data_keys, logpush_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torana.control.custom_providers import CustomProvider

SECRET = "tenant-SECRET-0123456789"
HEADERS = json.dumps({"x-tenant": "t", "x-api-key": SECRET, "x-last": "l"})
ACME = ProviderFields(name="A", slug="acme", base_url="https://a.example", headers=HEADERS, enable=True)
JOB = Wish(
    name="j",
    destination=Address(url="https://logs.example/in", headers={"x-token": SECRET}),
    gateways=None,
    enabled=True,
    interval_s=0,
    most_logs=1,
)


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


def revealed(store: Store, one: CustomProvider) -> dict[str, str]:
    with store.database.reader.connect() as connection:
        return reveal_headers(connection, store, find_provider(connection, one.account_id, one.id))


def added(store: Store, masters: sealing.MasterKeys | None) -> dict[bytes, bytes]:
    """What workers add to requests to ACME."""
    directory = Directory(snapshot.read_index(store.snapshot_path), Records(), masters)
    (provider,) = directory.providers[ensure_default(store).id].values()
    return dict(provider.adds)


def in_the_clear(store: Store) -> list[str]:
    files = [path for path in store.folder.rglob("*") if path.is_file()]
    return [path.name for path in files if SECRET.encode() in path.read_bytes()]


def as_before(store: Store, one: CustomProvider) -> None:
    """What a version that did not seal has left."""
    with store.database.writer.begin() as connection:
        values = {"headers": HEADERS, "data_key_id": None, "sealed_headers": None}
        connection.execute(sa.update(custom_providers).where(custom_providers.c.id == one.id).values(values))
    ensure_default(store)


def with_its_own_key(store: Store, job_id: str) -> None:
    """The same of a job."""
    key, nonce = os.urandom(32), os.urandom(12)
    (store.folder / "logpush.key").write_bytes(key)
    sealed = nonce + AESGCM(key).encrypt(nonce, msgspec.json.encode(JOB.destination), job_id.encode())
    with store.database.writer.begin() as connection:
        connection.execute(sa.update(logpush_jobs).values(destination=sealed, data_key_id=None))


def test_headers_that_hold_secrets_are_sealed_and_opened_by_workers(
    store: Store, settings: Settings, account: str
) -> None:
    one = create_provider(store, account, ACME)
    assert json.loads(one.fields.headers or "") == {"x-tenant": "t", "x-api-key": "***", "x-last": "l"}
    assert revealed(store, one) == json.loads(HEADERS)
    assert added(store, sealing.load(settings)) == {
        b"x-tenant": b"t",
        b"x-last": b"l",
        b"x-api-key": SECRET.encode(),
    }
    assert in_the_clear(store) == []


def test_a_change_keeps_what_came_back_hidden_and_seals_what_is_new(store: Store, account: str) -> None:
    one = create_provider(store, account, ACME)
    update_provider(store, account, one.id, {"slug": "other"})
    assert revealed(store, one) == json.loads(HEADERS)
    update_provider(store, account, one.id, {"headers": '{"x-api-key": "***", "x-token": "new-one"}'})
    assert revealed(store, one) == {"x-api-key": SECRET, "x-token": "new-one"}
    with pytest.raises(InvalidInput, match="x-tenant"):
        update_provider(store, account, one.id, {"headers": '{"x-tenant": "***"}'})
    update_provider(store, account, one.id, {"headers": '{"x-tenant": "u"}'})
    with store.database.reader.connect() as connection:
        assert find_provider(connection, account, one.id).sealed is None
    update_provider(store, account, one.id, {"headers": None})
    assert revealed(store, one) == {}


async def test_without_the_master_key_no_request_goes_there_unequipped(store: Store, account: str) -> None:
    create_provider(store, account, ACME)
    upstream = Answers(lambda _: Reply(200, [], b"{}"))
    other = sealing.MasterKeys([sealing.new_key()], "elsewhere")
    running = flow(Records(), upstream)
    for masters in (None, other):
        running.directory = Directory(snapshot.read_index(store.snapshot_path), Records(), masters)
        reply = await running.handle(request(f"/v1/{account}/default/custom-acme/x", b"{}"))
        assert (reply.status, upstream.calls) == (503, [])
        assert type(reply.body) is bytes
        assert b"custom-acme" in reply.body


def test_what_was_in_the_clear_is_read_and_sealed_at_the_next_start(
    store: Store, settings: Settings, account: str
) -> None:
    one = create_provider(store, account, ACME)
    as_before(store, one)
    assert revealed(store, one) == json.loads(HEADERS)
    wanted = {name.encode(): value.encode() for name, value in json.loads(HEADERS).items()}
    assert added(store, None) == wanted
    assert in_the_clear(store) != []
    assert [seal_rest(store), seal_rest(store)] == [1, 0]
    assert added(store, sealing.load(settings)) == wanted
    assert in_the_clear(store) == []


def test_a_destination_that_another_key_has_sealed_is_read_and_sealed_anew(store: Store, account: str) -> None:
    job = create_job(store, account, JOB)
    with_its_own_key(store, job.id)
    assert find_job(store, account, job.id).wish == JOB
    assert seal_rest(store) == 1
    (store.folder / "logpush.key").unlink()
    assert find_job(store, account, job.id).wish == JOB


def test_a_destination_whose_former_key_is_lost_stops_no_start(store: Store, account: str) -> None:
    with_its_own_key(store, create_job(store, account, JOB).id)
    (store.folder / "logpush.key").unlink()
    one = create_provider(store, account, ACME)
    as_before(store, one)
    assert seal_rest(store) == 1
    assert revealed(store, one) == json.loads(HEADERS)


def test_a_rotation_covers_all_that_is_kept(store: Store, settings: Settings, account: str) -> None:
    sealed, clear = create_provider(store, account, ACME), msgspec.structs.replace(ACME, slug="clear")
    before = create_provider(store, account, clear)
    as_before(store, before)
    job = create_job(store, account, JOB)
    with_its_own_key(store, job.id)
    former = sealing.load(settings)
    assert rotate_master(store, settings) == 1
    (store.folder / "logpush.key").unlink()
    assert not sealing.load(settings).has(former.first_id)
    for one in (sealed, before):
        assert revealed(store, one) == json.loads(HEADERS)
    assert find_job(store, account, job.id).wish == JOB
    assert in_the_clear(store) == []


def test_a_rotation_leaves_an_entry_that_tells_no_key(store: Store, settings: Settings, account: str) -> None:
    create_provider(store, account, ACME)
    former = sealing.load(settings).first_id
    rotate_master(store.acting(Actor("CLI", "ada", "ada")), settings)
    new = sealing.load(settings).first_id
    with store.database.reader.connect() as connection:
        (entry,) = find_entries(connection, account, Search(resource_type="master_key")).entries
    assert (entry.action, entry.resource.id, entry.actor.name) == ("update", new, "ada")
    assert [json.loads(bytes(value or b"")) for value in (entry.old, entry.new)] == [
        {"ids": [former]},
        {"ids": [new], "data_keys": 1},
    ]


def test_the_first_secret_of_a_store_can_be_a_providers_or_a_jobs(store: Store, account: str) -> None:
    create_gateway(store, account, "other")
    create_job(store, account, JOB)
    create_provider(store, account, ACME)
    with store.database.reader.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(data_keys)).scalar_one() == 1
