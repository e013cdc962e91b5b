"""Callers' own keys at providers: sealed on the way in, shown as a label ever after."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Literal

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import Resource, audit
from torana.control.operations import bump, changing, reading
from torana.control.provider_keys import preview_of
from torana.control.router.configured import Kept
from torana.control.router.refusals import NotThere
from torana.sealing import byok_context_of
from torana.storage.tables import byok_keys

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from torana.control.operations import Store

Region = Literal["global", "europe", "us"]


class OwnKey(Kept, frozen=True, kw_only=True):
    """What is kept of one beside its secret."""

    host: str
    """The provider as the router's API names it."""
    name: str | None = None
    declared_region: Region | None = None


class OwnKeyRecord(Struct, frozen=True, kw_only=True):
    id: str
    account_id: str
    gateway_id: str | None
    """None = of all workspaces."""
    provider: str
    """As in the gateway's URLs."""
    label: str
    content: OwnKey
    created_ms: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(OwnKey).decode


def list_own_keys(store: Store, account_id: str, gateway_id: str) -> list[OwnKeyRecord]:
    """Those of the workspace and those of all, in the order in which they are tried."""
    row = byok_keys.c
    query = sa.select(byok_keys).where(
        row.account_id == account_id, sa.or_(row.gateway_id == gateway_id, row.gateway_id.is_(None))
    )
    with reading(store) as connection:
        found = [_record(one) for one in connection.execute(query.order_by(row.created_ms, row.id))]
    return sorted(found, key=lambda one: (one.content.host, one.content.sort_order))


def find_own_key(store: Store, account_id: str, id_: str) -> OwnKeyRecord:
    """NotThere."""
    with reading(store) as connection:
        return _find(connection, account_id, id_)


def create_own_key(
    store: Store, account_id: str, gateway_id: str | None, provider: str, secret: str, content: OwnKey
) -> OwnKeyRecord:
    """MasterKeyError."""
    record = OwnKeyRecord(
        id=str(uuid.uuid4()),
        account_id=account_id,
        gateway_id=gateway_id,
        provider=provider,
        label=preview_of(secret),
        content=content,
        created_ms=store.now_ms(),
    )
    with changing(store) as connection:
        values = _values(record) | _sealed(connection, store, record, secret)
        connection.execute(sa.insert(byok_keys).values(values | {"created_ms": record.created_ms}))
        audit(connection, store, "create", _resource(record), new=content)
        bump(connection)
    return record


def change_own_key(store: Store, old: OwnKeyRecord, content: OwnKey, secret: str | None) -> OwnKeyRecord:
    """`secret` None = it stays. NotThere, MasterKeyError."""
    record = msgspec.structs.replace(old, content=content, label=old.label if secret is None else preview_of(secret))
    with changing(store) as connection:
        _find(connection, old.account_id, old.id)
        values = _values(record) | {"modified_ms": max(store.now_ms(), old.created_ms)}
        if secret is not None:
            values |= _sealed(connection, store, record, secret)
        connection.execute(sa.update(byok_keys).where(byok_keys.c.id == old.id).values(values))
        audit(connection, store, "update", _resource(record), old=old.content, new=content)
        bump(connection)
    return record


def delete_own_key(store: Store, account_id: str, id_: str) -> None:
    """NotThere."""
    with changing(store) as connection:
        found = _find(connection, account_id, id_)
        connection.execute(sa.delete(byok_keys).where(byok_keys.c.id == id_))
        audit(connection, store, "delete", _resource(found), old=found.content)
        bump(connection)


def _sealed(connection: Connection, store: Store, record: OwnKeyRecord, secret: str) -> dict[str, object]:
    context = byok_context_of(record.account_id, record.id)
    return msgspec.structs.asdict(store.masters.seal(connection, store.now_ms(), secret.strip(), context))


def _find(connection: Connection, account_id: str, id_: str) -> OwnKeyRecord:
    row = byok_keys.c
    query = sa.select(byok_keys).where(row.account_id == account_id, row.id == id_)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise NotThere(f"There is no BYOK credential `{id_[:64]}`")
    return _record(found)


def _record(row: Row[tuple[object, ...]]) -> OwnKeyRecord:
    return OwnKeyRecord(
        id=row.id,
        account_id=row.account_id,
        gateway_id=row.gateway_id,
        provider=row.provider,
        label=row.label,
        content=_decode(row.content),
        created_ms=row.created_ms,
    )


def _values(record: OwnKeyRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "account_id": record.account_id,
        "gateway_id": record.gateway_id,
        "provider": record.provider,
        "label": record.label,
        "content": _encode(record.content).decode(),
    }


def _resource(record: OwnKeyRecord) -> Resource:
    return Resource(record.account_id, "router.byok", record.id)
