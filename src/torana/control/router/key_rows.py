"""Keys of the router as the store has them: found by their text, and told to workers."""

from __future__ import annotations

import hmac
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa
from msgspec import Struct

from torana.control.digests import digest
from torana.keys import RouterKey
from torana.periods import Reset
from torana.storage.tables import guardrail_assignments, ledger_totals, router_keys

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row


PREFIX = "sk-or-v1-"


class KeyRecord(Struct, frozen=True, kw_only=True):
    """A key without its text: all that the store has of it, but for what it used."""

    hash: str
    account_id: str
    gateway_id: str
    name: str
    label: str
    is_management: bool
    disabled: bool
    limit_nano: int | None
    limit_reset: Reset | None
    include_byok: bool
    expires_ms: int | None
    creator_user_id: str | None
    external_user: str | None
    created_ms: int
    modified_ms: int | None
    used_ms: int | None


def record(row: Row[tuple[object, ...]]) -> KeyRecord:
    """Of a whole row of the table."""
    return KeyRecord(**{name: getattr(row, name) for name in KeyRecord.__struct_fields__})


def find_record(connection: Connection, hash_: str) -> KeyRecord | None:
    row = connection.execute(sa.select(router_keys).where(router_keys.c.hash == hash_)).one_or_none()
    # The look-up compares digests, which tell nothing of the text; this takes the index's word for nothing.
    return record(row) if row is not None and hmac.compare_digest(row.hash, hash_) else None


def find_key(connection: Connection, text: str) -> RouterKey | None:
    """The key with this text, as workers know it, disabled and expired ones too; None for any other text."""
    if not text.startswith(PREFIX):
        return None
    found = find_record(connection, digest(text))
    if found is None:
        return None
    granted = sa.select(ledger_totals.c.grants_nano).where(ledger_totals.c.account_id == found.account_id)
    assigned = sa.select(guardrail_assignments.c.guardrail_id).where(guardrail_assignments.c.key_hash == found.hash)
    return RouterKey(
        hash=found.hash,
        account_id=found.account_id,
        gateway_id=found.gateway_id,
        name=found.name,
        label=found.label,
        is_management=found.is_management,
        disabled=found.disabled,
        limit_nano=found.limit_nano,
        limit_reset=found.limit_reset,
        include_byok=found.include_byok,
        expires_ms=found.expires_ms,
        credits_nano=connection.execute(granted).scalar_one_or_none() or None,
        guardrails=tuple(connection.execute(assigned.order_by(guardrail_assignments.c.guardrail_id)).scalars()),
    )


def compiled_router_keys(connection: Connection) -> list[RouterKey]:
    """All of them, oldest first; disabled and expired ones too, as who sends one is told so."""
    row = router_keys.c
    columns = (
        *(row.hash, row.account_id, row.gateway_id, row.name, row.label, row.is_management, row.disabled),
        *(row.limit_nano, row.limit_reset, row.include_byok, row.expires_ms),
    )
    found = connection.execute(sa.select(*columns).order_by(row.created_ms, row.hash)).all()
    assigned: dict[str, list[str]] = {}
    of = guardrail_assignments.c
    for each in connection.execute(sa.select(of.key_hash, of.guardrail_id).order_by(of.guardrail_id)):
        assigned.setdefault(each.key_hash, []).append(each.guardrail_id)
    return [_config((*row,), tuple(assigned.get(row.hash, ()))) for row in found]


def granted_nano(connection: Connection) -> dict[str, int]:
    """What accounts were granted; those that never were any are not there."""
    row = ledger_totals.c
    found = connection.execute(sa.select(row.account_id, row.grants_nano).where(row.grants_nano > 0))
    return {each.account_id: each.grants_nano for each in found}


_Columns: TypeAlias = tuple[str, str, str, str, str, bool, bool, int | None, Reset | None, bool, int | None]


@lru_cache(maxsize=1 << 16)
def _config(columns: _Columns, guardrails: tuple[str, ...]) -> RouterKey:
    """Remembered, as of thousands of keys few change from one snapshot to the next."""
    return RouterKey(*columns, guardrails=guardrails)
