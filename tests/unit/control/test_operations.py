"""The only writer of configuration: store first, snapshot after, never apart for good."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from torana import snapshot
from torana.control.operations import (
    GatewayExists,
    InvalidGateway,
    Store,
    UnknownAccount,
    create_gateway,
    ensure_default,
    list_accounts,
    list_gateways,
    open_store,
)
from torana.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path))


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


def test_the_first_start_makes_an_account_with_its_default_gateway(store: Store) -> None:
    account = ensure_default(store)
    assert re.fullmatch("[0-9a-f]{32}", account.id)
    assert [gateway.id for gateway in list_gateways(store)] == ["default"]
    assert snapshot.read(store.snapshot_path) == snapshot.Snapshot(1, [account], list_gateways(store))


def test_later_starts_find_the_same_account(store: Store, settings: Settings) -> None:
    account = ensure_default(store)
    again = open_store(settings)
    assert ensure_default(again) == account
    assert list_accounts(again) == [account]
    assert snapshot.read(again.snapshot_path).version == 1
    again.close()


def test_a_new_gateway_is_in_the_store_and_in_the_snapshot(store: Store) -> None:
    account = ensure_default(store)
    gateway = create_gateway(store, account.id, "second-one")
    assert gateway.created_ms == gateway.modified_ms > 0
    assert {g.id for g in list_gateways(store, account.id)} == {"default", "second-one"}
    assert list_gateways(store, "f" * 32) == []
    found = snapshot.read(store.snapshot_path)
    assert found.version == 2
    assert gateway in found.gateways


@pytest.mark.parametrize("bad", ["", "Upper", "a--b", "-a", "x" * 65, "a/b", "ü"])
def test_a_bad_gateway_id_is_refused_with_what_it_may_be(store: Store, bad: str) -> None:
    account = ensure_default(store)
    with pytest.raises(InvalidGateway, match="1 to 64"):
        create_gateway(store, account.id, bad)
    assert snapshot.read(store.snapshot_path).version == 1


def test_a_gateway_cannot_be_made_twice(store: Store) -> None:
    account = ensure_default(store)
    with pytest.raises(GatewayExists, match="`default`"):
        create_gateway(store, account.id, "default")
    assert snapshot.read(store.snapshot_path).version == 1


def test_a_gateway_needs_an_account_that_is_there(store: Store) -> None:
    ensure_default(store)
    with pytest.raises(UnknownAccount):
        create_gateway(store, "f" * 32, "gateway")


def test_a_snapshot_that_a_crash_left_behind_is_brought_up_to_date_at_the_next_start(store: Store) -> None:
    account = ensure_default(store)
    stale = store.snapshot_path.read_bytes()
    create_gateway(store, account.id, "second")
    store.snapshot_path.write_bytes(stale)  # as if killed between the commit and the file
    ensure_default(store)
    assert snapshot.read(store.snapshot_path).version == 2
    store.snapshot_path.unlink()
    ensure_default(store)
    assert {g.id for g in snapshot.read(store.snapshot_path).gateways} == {"default", "second"}


CREATE = """
import sys
from torana.control.operations import create_gateway, ensure_default, open_store
from torana.settings import Settings
store = open_store(Settings(data_dir=sys.argv[1]))
account = ensure_default(store)
for number in range(5):
    create_gateway(store, account.id, f"{sys.argv[2]}_{number}")
"""


def test_processes_that_change_it_together_lose_no_change(settings: Settings, store: Store) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", CREATE, settings.data_dir, name], stderr=subprocess.PIPE)
        for name in ("a", "b", "c")
    ]
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0] * 3, errors
    found = snapshot.read(store.snapshot_path)
    assert len(found.accounts) == 1
    assert len(found.gateways) == 16
    assert found.version == 16
