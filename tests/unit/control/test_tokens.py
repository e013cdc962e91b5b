"""API tokens: shown once, kept as a hash, found by nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest

from torana.control.operations import Store, ensure_default, open_store
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.control.tokens import (
    PERMISSIONS,
    Permission,
    Token,
    Wish,
    create_token,
    find_token,
    list_tokens,
    note_use,
    revoke_token,
)
from torana.settings import Settings
from torana.storage.tables import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOUR_MS = 3_600_000
READER = Wish(name="reader", permissions=["read"])


class Clock:
    def __init__(self) -> None:
        self.ms = 1_795_000_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = msgspec.structs.replace(open_store(Settings(data_dir=str(tmp_path))), now_ms=clock)
    yield opened
    opened.close()


@pytest.fixture
def account(store: Store) -> str:
    return ensure_default(store).id


def test_a_token_is_found_by_its_text_and_by_no_other(store: Store, account: str) -> None:
    made = create_token(store, account, READER)
    assert re.fullmatch(r"torana_[A-Za-z0-9_-]{43}", made.text)
    assert find_token(store, made.text) == made.token
    for other in (made.text[:-1], made.text.removeprefix("torana_"), made.text.upper(), "torana_", "", made.token.id):
        assert find_token(store, other) is None


def test_two_tokens_have_nothing_in_common(store: Store, account: str) -> None:
    first, second = (create_token(store, account, READER) for _ in range(2))
    assert first.text != second.text
    assert list_tokens(store, account) == sorted([first.token, second.token], key=lambda token: token.id)


def test_the_text_is_in_no_column_and_in_no_repr(store: Store, account: str) -> None:
    made = create_token(store, account, READER)
    with store.database.reader.connect() as connection:
        row = connection.execute(tokens.select()).one()
    secret = made.text.removeprefix("torana_")
    assert not [value for value in row if secret in str(value)]
    assert row.hash != made.text
    assert secret not in repr(made)
    assert made.token.preview == made.text[-4:]


def test_a_revoked_token_is_gone(store: Store, account: str) -> None:
    made = create_token(store, account, READER)
    with pytest.raises(NoSuchThing):
        revoke_token(store, "f" * 32, made.token.id)
    revoke_token(store, account, made.token.id)
    assert find_token(store, made.text) is None
    with pytest.raises(NoSuchThing):
        revoke_token(store, account, made.token.id)


def test_a_token_expires_at_its_moment(store: Store, account: str, clock: Clock) -> None:
    made = create_token(store, account, Wish(name="short", permissions=["read"], expires_ms=clock.ms + 10)).token
    assert [made.is_expired(clock.ms + later) for later in (9, 10)] == [False, True]
    assert not create_token(store, account, READER).token.is_expired(1 << 60)


def test_use_is_noted_to_the_hour(store: Store, account: str, clock: Clock) -> None:
    text = create_token(store, account, READER).text
    seen = []
    for step in (0, HOUR_MS - 1, 1):
        clock.ms += step
        found = find_token(store, text)
        assert found is not None
        note_use(store, found)
        again = find_token(store, text)
        assert again is not None
        seen.append(again.used_ms)
    assert seen == [clock.ms - HOUR_MS, clock.ms - HOUR_MS, clock.ms]


@pytest.mark.parametrize(
    ("held", "may"),
    [
        ("run", {"run"}),
        ("read", {"read", "read_metadata"}),
        ("edit", {"edit", "read", "read_metadata"}),
        ("read_metadata", {"read_metadata"}),
    ],
)
def test_what_a_permission_holds(store: Store, account: str, held: Permission, may: set[str]) -> None:
    token = create_token(store, account, Wish(name="one", permissions=[held])).token
    assert {permission for permission in PERMISSIONS if token.may(permission)} == may


def test_a_token_for_some_gateways_reaches_no_other(store: Store, account: str) -> None:
    token = create_token(store, account, Wish(name="some", permissions=["read"], gateways=["a", "b"])).token
    assert [token.reaches(gateway) for gateway in ("a", "b", "c")] == [True, True, False]
    assert create_token(store, account, READER).token.reaches("c")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"permissions": []}, "permissions"),
        ({"gateways": []}, "gateways"),
        ({"gateways": ["Bad Id"]}, "gateways"),
        ({"expires_ms": 1}, "expires_on"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused_by_name(
    store: Store, account: str, changed: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        create_token(store, account, msgspec.structs.replace(READER, **changed))
    assert refused.value.path == ("body", field)
    assert list_tokens(store) == []


def test_a_token_needs_an_account_that_is_there(store: Store, account: str) -> None:
    with pytest.raises(NoSuchThing):
        create_token(store, "f" * 32, READER)
    assert isinstance(create_token(store, account, READER).token, Token)
