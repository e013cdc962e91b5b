"""Each change leaves an entry, in its own transaction, without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.audit import MASK, SYSTEM, Actor, Entry, Resource, Search, audit, find_entries, masked
from torana.control.gateway_settings import GatewaySettings, Otel
from torana.control.operations import (
    GatewayExists,
    Store,
    create_gateway,
    delete_gateway,
    ensure_default,
    open_store,
    update_gateway,
)
from torana.control.refusals import InvalidInput
from torana.control.tokens import Wish, create_token, revoke_token
from torana.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANN = Actor("CLI", "ann", "ann")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    yield opened
    opened.close()


def entries(store: Store, account: str, search: Search | None = None) -> list[Entry]:
    """Oldest first."""
    with store.database.reader.connect() as connection:
        return find_entries(connection, account, search or Search(is_ascending=True)).entries


def value(held: msgspec.Raw | None) -> dict[str, object]:
    assert held is not None
    return msgspec.json.decode(held, type=dict[str, object])


def test_the_first_start_is_ours(store: Store) -> None:
    account = ensure_default(store).id
    found = entries(store, account)
    assert [(one.actor, one.action, one.resource.type, one.resource.id) for one in found] == [
        (SYSTEM, "create", "account", account),
        (SYSTEM, "create", "ai_gateway.gateway", "default"),
    ]
    assert all(one.old is None for one in found)


def test_a_gateway_leaves_what_it_was_and_what_it_became(store: Store) -> None:
    account = ensure_default(store).id
    acting = store.acting(ANN)
    create_gateway(acting, account, "one")
    update_gateway(acting, account, "one", GatewaySettings(collect_logs=False))
    delete_gateway(acting, account, "one")
    made, changed, gone = entries(store, account, Search(resource_id="one", is_ascending=True))
    assert {one.actor for one in (made, changed, gone)} == {ANN}
    assert value(made.new)["collect_logs"] is True
    assert (value(changed.old)["collect_logs"], value(changed.new)["collect_logs"]) == (True, False)
    assert (gone.action, value(gone.old)["id"], gone.new) == ("delete", "one", None)
    assert made.when_ms <= changed.when_ms <= gone.when_ms


def test_tokens_leave_entries_without_their_text(store: Store) -> None:
    account = ensure_default(store).id
    made = create_token(store.acting(ANN), account, Wish(name="ci", permissions=["read"]))
    revoke_token(store.acting(ANN), account, made.token.id)
    found = entries(store, account, Search(resource_type="token", is_ascending=True))
    assert [one.action for one in found] == ["create", "delete"]
    assert value(found[0].new)["name"] == value(found[1].old)["name"] == "ci"
    assert made.text not in msgspec.json.encode(found).decode()


def test_what_is_refused_leaves_nothing(store: Store) -> None:
    account = ensure_default(store).id
    before = entries(store, account)
    with pytest.raises(GatewayExists):
        create_gateway(store, account, "default")
    with pytest.raises(InvalidInput):
        create_token(store, account, Wish(name="", permissions=["read"]))
    assert entries(store, account) == before


def test_an_entry_is_undone_with_its_change(store: Store) -> None:
    resource = Resource("a" * 32, "thing", "1")

    def fail() -> None:
        with store.database.writer.begin() as connection:
            audit(connection, store, "create", resource, new={"a": 1})
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert entries(store, "a" * 32) == []


def test_entries_are_found_by_each_thing_that_is_asked(store: Store) -> None:
    ours = msgspec.structs.replace(store, now_ms=lambda: 1000)
    later = msgspec.structs.replace(store.acting(Actor("API", "id-1", "deploy")), now_ms=lambda: 2000)
    with store.database.writer.begin() as connection:
        audit(connection, ours, "create", Resource("a", "thing", "1"), new={"n": 1})
        audit(connection, later, "update", Resource("a", "thing", "1"), {"n": 1}, {"n": 2})
        audit(connection, later, "delete", Resource("a", "other", "2"), {"n": 2})
        audit(connection, later, "create", Resource("b", "thing", "1"), new={"n": 3})

    def numbers(**asked: object) -> list[str]:
        return [one.action for one in entries(store, "a", msgspec.convert(asked, Search))]

    assert numbers() == ["delete", "update", "create"]
    assert numbers(is_ascending=True, first=1, count=1) == ["update"]
    assert numbers(action="update") == ["update"]
    assert numbers(actor="deploy") == numbers(actor="id-1") == numbers(interface="API") == ["delete", "update"]
    assert numbers(resource_type="other") == numbers(resource_id="2") == ["delete"]
    assert numbers(since_ms=2000) == ["delete", "update"]
    assert numbers(before_ms=2000) == ["create"]
    newest = entries(store, "a")[-1]
    assert [one.id for one in entries(store, "a", Search(id=newest.id))] == [newest.id]
    with store.database.reader.connect() as connection:
        assert find_entries(connection, "a", Search(count=1)).total == 3


def test_secrets_of_settings_are_masked(store: Store) -> None:
    otel = Otel(url="https://u:p@collector/v1?api_key=hush&a=b", headers={"x-key": "hush"}, authorization="hush")
    with store.database.writer.begin() as connection:
        audit(connection, store, "create", Resource("a", "thing", "1"), new=GatewaySettings(otel=[otel]))
    [shown] = msgspec.convert(value(entries(store, "a")[0].new)["otel"], list[Otel])
    assert shown == Otel(
        url=f"https://{MASK}@collector/v1?api_key={MASK}&a=b", headers={"x-key": MASK}, authorization=MASK
    )


@pytest.mark.parametrize(
    "name", ["authorization", "secret", "client_secret", "secret_access_key", "password", "apiKey", "private-key"]
)
@given(st.text(min_size=1), st.text(alphabet="abc", min_size=1))
def test_no_secret_gets_through_whatever_holds_it(name: str, text: str, other: str) -> None:
    for held in (text, [text], {other: text}, {other: [text]}):
        found = masked([{other: {name: held}}])
        assert isinstance(found, list)
        hidden = found[0][other][name]
        assert hidden in (MASK, [MASK], {other: MASK}, {other: [MASK]})


def test_what_is_no_secret_stays() -> None:
    kept = {"secret_id": "s", "token_pricing": {"input_tokens": 1}, "url": "https://a/b?c=d", "password": None, "n": 1}
    assert masked(kept) == kept
