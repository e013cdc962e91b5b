"""Guardrails in the store: kept, changed, assigned to keys.

Each workspace has a default one, which holds for all its requests. Its id follows from the workspace, and it has a row
from its first change on.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.audit import Resource, audit
from torana.control.operations import bump, changing, list_gateway_records, reading
from torana.control.router.asking import lasting_id
from torana.control.router.key_rows import find_record
from torana.control.router.refusals import BadRequest, NotThere
from torana.routing.guarding import Guardrail
from torana.storage.tables import guardrail_assignments, guardrails, router_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from torana.control.operations import Store

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Guardrail).decode


class GuardrailRecord(Struct, frozen=True, kw_only=True):
    account_id: str
    gateway_id: str
    guardrail: Guardrail
    created_ms: int
    modified_ms: int | None


class Assignment(Struct, frozen=True, kw_only=True):
    """A guardrail of a key; a key has one at most."""

    id: str
    guardrail_id: str
    key_hash: str
    key_name: str
    key_label: str
    created_ms: int


def default_id(account_id: str, gateway_id: str) -> str:
    return lasting_id("guardrail", account_id, gateway_id)


def list_guardrails(store: Store, account_id: str, gateway_id: str) -> list[GuardrailRecord]:
    """The default first, then the oldest."""
    with reading(store) as connection:
        found = _records(connection, account_id, gateway_id)
    plain = [one for one in found if not one.guardrail.is_default]
    kept = [one for one in found if one.guardrail.is_default]
    return [*(kept or [_default(store, account_id, gateway_id)]), *plain]


def find_guardrail(store: Store, account_id: str, id_: str) -> GuardrailRecord:
    """NotThere."""
    with reading(store) as connection:
        found = _find(connection, account_id, id_)
    return found or _find_default(store, account_id, id_)


def keep_guardrail(store: Store, account_id: str, gateway_id: str, guardrail: Guardrail) -> GuardrailRecord:
    """A new one, which gets an id."""
    now = store.now_ms()
    new = msgspec.structs.replace(guardrail, id=str(uuid.uuid4()), is_default=False)
    record = GuardrailRecord(
        account_id=account_id, gateway_id=gateway_id, guardrail=new, created_ms=now, modified_ms=None
    )
    with changing(store) as connection:
        connection.execute(sa.insert(guardrails).values(_values(record)))
        audit(connection, store, "create", _resource(record), new=new)
        bump(connection)
    return record


def change_guardrail(store: Store, account_id: str, id_: str, guardrail: Guardrail) -> GuardrailRecord:
    """Replaces all of it. NotThere."""
    with changing(store) as connection:
        found = _find(connection, account_id, id_)
        old = found or _find_default(msgspec.structs.replace(store, within=connection), account_id, id_)
        record = msgspec.structs.replace(old, guardrail=guardrail, modified_ms=max(store.now_ms(), old.created_ms))
        if found is None:
            connection.execute(sa.insert(guardrails).values(_values(record)))
        else:
            connection.execute(sa.update(guardrails).where(guardrails.c.id == id_).values(_values(record)))
        audit(connection, store, "update", _resource(record), old=old.guardrail, new=guardrail)
        bump(connection)
    return record


def delete_guardrail(store: Store, account_id: str, id_: str) -> None:
    """With its assignments; of a default what was set. NotThere."""
    with changing(store) as connection:
        found = _find(connection, account_id, id_)
        if found is None:
            # A default that nobody changed is as empty as it will be.
            _find_default(msgspec.structs.replace(store, within=connection), account_id, id_)
            return
        connection.execute(sa.delete(guardrail_assignments).where(guardrail_assignments.c.guardrail_id == id_))
        connection.execute(sa.delete(guardrails).where(guardrails.c.id == id_))
        audit(connection, store, "delete", _resource(found), old=found.guardrail)
        bump(connection)


def assign(store: Store, account_id: str, id_: str, hashes: Sequence[str]) -> int:
    """Each key has no other one then. How many keys; NotThere, or BadRequest where a key is not the account's."""
    with changing(store) as connection:
        guardrail = _assignable(connection, account_id, id_)
        wanted = [*dict.fromkeys(hashes)]
        for hash_ in wanted:
            key = find_record(connection, hash_)
            if key is None or key.account_id != account_id:
                raise BadRequest(f"There is no API key with the hash `{hash_[:64]}`")
            if key.gateway_id != guardrail.gateway_id:
                raise BadRequest(f"The API key `{key.label}` is of another workspace than the guardrail")
        row = guardrail_assignments.c
        connection.execute(sa.delete(guardrail_assignments).where(row.key_hash.in_(wanted)))
        now = store.now_ms()
        for hash_ in wanted:
            values = {"id": str(uuid.uuid4()), "guardrail_id": id_, "key_hash": hash_, "created_ms": now}
            connection.execute(sa.insert(guardrail_assignments).values(values))
        audit(connection, store, "update", _resource(guardrail), new={"assigned_keys": wanted})
        bump(connection)
    return len(wanted)


def unassign(store: Store, account_id: str, id_: str, hashes: Sequence[str]) -> int:
    """How many keys had it. NotThere."""
    with changing(store) as connection:
        guardrail = _assignable(connection, account_id, id_)
        row = guardrail_assignments.c
        gone = sa.delete(guardrail_assignments).where(row.guardrail_id == id_, row.key_hash.in_([*hashes]))
        count = connection.execute(gone).rowcount
        if count:
            audit(connection, store, "update", _resource(guardrail), old={"assigned_keys": [*hashes]})
            bump(connection)
    return count


def list_assignments(store: Store, account_id: str, id_: str | None = None) -> list[Assignment]:
    """Oldest first; None = of all the account's guardrails."""
    row, key = guardrail_assignments.c, router_keys.c
    query = sa.select(row.id, row.guardrail_id, row.key_hash, key.name, key.label, row.created_ms)
    query = query.join(router_keys, key.hash == row.key_hash).where(key.account_id == account_id)
    if id_ is not None:
        query = query.where(row.guardrail_id == id_)
    with reading(store) as connection:
        return [
            Assignment(
                id=one.id,
                guardrail_id=one.guardrail_id,
                key_hash=one.key_hash,
                key_name=one.name,
                key_label=one.label,
                created_ms=one.created_ms,
            )
            for one in connection.execute(query.order_by(row.created_ms, row.id))
        ]


def _assignable(connection: Connection, account_id: str, id_: str) -> GuardrailRecord:
    """A default is assigned to nobody, as it holds for everybody. NotThere."""
    found = _find(connection, account_id, id_)
    if found is None or found.guardrail.is_default:
        raise NotThere(f"There is no guardrail `{id_[:64]}` that could be assigned")
    return found


def _records(connection: Connection, account_id: str, gateway_id: str) -> list[GuardrailRecord]:
    row = guardrails.c
    query = sa.select(guardrails).where(row.account_id == account_id, row.gateway_id == gateway_id)
    return [_record(one) for one in connection.execute(query.order_by(row.created_ms, row.id))]


def _find(connection: Connection, account_id: str, id_: str) -> GuardrailRecord | None:
    row = guardrails.c
    query = sa.select(guardrails).where(row.id == id_, row.account_id == account_id)
    found = connection.execute(query).one_or_none()
    return None if found is None else _record(found)


def _find_default(store: Store, account_id: str, id_: str) -> GuardrailRecord:
    for gateway in list_gateway_records(store, account_id):
        if default_id(account_id, gateway.config.id) == id_:
            return _default(store, account_id, gateway.config.id)
    raise NotThere(f"There is no guardrail `{id_[:64]}`")


def _default(store: Store, account_id: str, gateway_id: str) -> GuardrailRecord:
    """As it is before its first change."""
    record = next(one for one in list_gateway_records(store, account_id) if one.config.id == gateway_id)
    name = f"Workspace {gateway_id} Default"
    empty = Guardrail(id=default_id(account_id, gateway_id), name=name, is_default=True)
    return GuardrailRecord(
        account_id=account_id,
        gateway_id=gateway_id,
        guardrail=empty,
        created_ms=record.config.created_ms,
        modified_ms=None,
    )


def _record(row: Row[tuple[object, ...]]) -> GuardrailRecord:
    return GuardrailRecord(
        account_id=row.account_id,
        gateway_id=row.gateway_id,
        guardrail=_decode(row.content),
        created_ms=row.created_ms,
        modified_ms=row.modified_ms,
    )


def _values(record: GuardrailRecord) -> dict[str, object]:
    return {
        "id": record.guardrail.id,
        "account_id": record.account_id,
        "gateway_id": record.gateway_id,
        "content": _encode(record.guardrail).decode(),
        "created_ms": record.created_ms,
        "modified_ms": record.modified_ms,
    }


def _resource(record: GuardrailRecord) -> Resource:
    return Resource(record.account_id, "router.guardrail", record.guardrail.id)
