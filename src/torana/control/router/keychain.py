"""Keys of the router: made, shown once, kept as a digest, changed, removed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import Resource, audit
from torana.control.digests import digest
from torana.control.operations import bump, changing, find_gateway, list_accounts, reading
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.control.router.key_rows import PREFIX, KeyRecord, find_record, record
from torana.keys import router_key_text
from torana.periods import Reset
from torana.storage.tables import guardrail_assignments, router_keys

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from torana.control.operations import Store

_LOT_BYTES = 28
"""Drawn by lot; four bytes of check digits follow."""
_SHOWN_FIRST, _SHOWN_LAST = 3, 3
_LONGEST_NAME = 200
_USED_STEP_MS = 3_600_000
MOST_NANO = 1_000_000_000 * 1_000_000_000
"""A limit is at most a thousand million USD."""


class KeyWish(Struct, frozen=True, kw_only=True):
    """What a new key is to be."""

    name: str
    is_management: bool = False
    limit_nano: int | None = None
    limit_reset: Reset | None = None
    include_byok: bool = False
    expires_ms: int | None = None
    creator_user_id: str | None = None
    external_user: str | None = None
    """Whom a partner made it for."""


class KeyMade(Struct, frozen=True):
    """The only moment at which the text is known."""

    record: KeyRecord
    text: str

    def __repr__(self) -> str:
        return f"KeyMade({self.record!r}, …)"


def create_key(store: Store, account_id: str, gateway_id: str, wish: KeyWish) -> KeyMade:
    """InvalidInput where the wish cannot be granted, NoSuchThing where account or gateway are not there."""
    _check(wish)
    if wish.expires_ms is not None and wish.expires_ms <= store.now_ms():
        raise InvalidInput("a key that has expired already opens nothing", "body", "expires_at")
    if account_id not in {account.id for account in list_accounts(store)}:
        raise NoSuchThing(f"there is no account `{account_id}`")
    text = router_key_text(secrets.token_hex(_LOT_BYTES))
    with changing(store) as connection:
        find_gateway(msgspec.structs.replace(store, within=connection), account_id, gateway_id)
        made = KeyRecord(
            hash=digest(text),
            account_id=account_id,
            gateway_id=gateway_id,
            label=label(text),
            disabled=False,
            created_ms=store.now_ms(),
            modified_ms=None,
            used_ms=None,
            **msgspec.structs.asdict(wish),
        )
        connection.execute(sa.insert(router_keys).values(msgspec.structs.asdict(made)))
        audit(connection, store, "create", _resource(made), new=_shown(made))
        bump(connection)
    return KeyMade(made, text)


def label(text: str) -> str:
    """`sk-or-v1-au7...890`: enough to tell a key from others, and no more."""
    return f"{PREFIX}{text[len(PREFIX) :][:_SHOWN_FIRST]}...{text[-_SHOWN_LAST:]}"


def change_key(store: Store, account_id: str, hash_: str, changes: dict[str, object]) -> KeyRecord:
    """`changes` are of the fields of a `KeyWish`, `disabled` and `gateway_id`. InvalidInput or NoSuchThing."""
    with changing(store) as connection:
        old = owned(connection, account_id, hash_)
        if "gateway_id" in changes:
            find_gateway(msgspec.structs.replace(store, within=connection), account_id, str(changes["gateway_id"]))
        new = msgspec.structs.replace(old, **changes, modified_ms=max(store.now_ms(), old.created_ms))
        _check(new)
        values = {name: getattr(new, name) for name in (*changes, "modified_ms")}
        connection.execute(sa.update(router_keys).where(router_keys.c.hash == hash_).values(values))
        audit(connection, store, "update", _resource(new), old=_shown(old), new=_shown(new))
        bump(connection)
    return new


def delete_key(store: Store, account_id: str, hash_: str) -> KeyRecord:
    """What it used stays in the ledger. NoSuchThing where it is not there."""
    with changing(store) as connection:
        old = owned(connection, account_id, hash_)
        connection.execute(sa.delete(guardrail_assignments).where(guardrail_assignments.c.key_hash == hash_))
        connection.execute(sa.delete(router_keys).where(router_keys.c.hash == hash_))
        audit(connection, store, "delete", _resource(old), old=_shown(old))
        bump(connection)
    return old


def find_one(store: Store, account_id: str, hash_: str) -> KeyRecord:
    """NoSuchThing where it is not there."""
    with reading(store) as connection:
        return owned(connection, account_id, hash_)


def list_keys(store: Store, account_id: str | None = None, gateway_id: str | None = None) -> list[KeyRecord]:
    """Oldest first; None = of all."""
    query = sa.select(router_keys).order_by(router_keys.c.created_ms, router_keys.c.hash)
    if account_id is not None:
        query = query.where(router_keys.c.account_id == account_id)
    if gateway_id is not None:
        query = query.where(router_keys.c.gateway_id == gateway_id)
    with reading(store) as connection:
        return [record(row) for row in connection.execute(query)]


def note_use(store: Store, hash_: str) -> None:
    """To the hour, so that reading does not become writing."""
    now, used = store.now_ms(), router_keys.c.used_ms
    is_due = sa.or_(used.is_(None), used <= now - _USED_STEP_MS)
    with store.database.reader.connect() as connection:
        wanted = sa.select(router_keys.c.hash).where(router_keys.c.hash == hash_, is_due)
        if connection.execute(wanted).first() is None:
            return
    with store.database.writer.begin() as connection:
        connection.execute(sa.update(router_keys).where(router_keys.c.hash == hash_, is_due).values(used_ms=now))


def owned(connection: Connection, account_id: str, hash_: str) -> KeyRecord:
    """NoSuchThing where it is not there, or another account's."""
    found = find_record(connection, hash_)
    if found is None or found.account_id != account_id:
        raise NoSuchThing("Resource not found")
    return found


def _check(key: KeyWish | KeyRecord) -> None:
    if not 0 < len(key.name.strip()) <= _LONGEST_NAME or not key.name.isprintable():
        raise InvalidInput(f"a key's name has 1 to {_LONGEST_NAME} printable characters", "body", "name")
    if key.limit_nano is not None and not 0 <= key.limit_nano <= MOST_NANO:
        raise InvalidInput("a limit is an amount of USD, 0 or more", "body", "limit")
    if key.creator_user_id is not None and not 0 < len(key.creator_user_id) <= _LONGEST_NAME:
        raise InvalidInput("`creator_user_id` is left out, or the id of a user", "body", "creator_user_id")


def _resource(key: KeyRecord) -> Resource:
    return Resource(key.account_id, "router.key", key.hash)


def _shown(key: KeyRecord) -> dict[str, object]:
    """As the audit log has it."""
    return {name: value for name, value in msgspec.structs.asdict(key).items() if name not in {"hash", "used_ms"}}
