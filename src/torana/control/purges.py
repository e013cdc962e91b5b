"""What was purged of gateways' caches, as marks.

They become part of the keys, so that nothing has to be searched: an answer that was put under an older mark is not
found any more, in whichever worker it is, and goes when its time is up or its room is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from msgspec import Struct

from torana.policies.cache_key import LONGEST_TTL_S, name_of
from torana.storage.tables import cache_purges

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_KEYS = 256
"""Marks of single keys that a gateway has at most; one more, and all of its cache is purged in their place."""
_ALL = ""
_OBSOLETE_MS = LONGEST_TTL_S * 1000
"""What was cached before so old a mark has expired: the mark is needed no more."""


class Marks(Struct):
    """Of one gateway. Both grow with each purge; 0 = never purged."""

    whole: int = 0
    keys: dict[str, int] = {}
    """By `policies.cache_key.name_of`."""


def read_marks(connection: Connection, account_id: str | None = None) -> dict[tuple[str, str], Marks]:
    """By account and gateway; None = of all accounts."""
    query = sa.select(cache_purges)
    if account_id is not None:
        query = query.where(cache_purges.c.account_id == account_id)
    found: dict[tuple[str, str], Marks] = {}
    for row in connection.execute(query):
        marks = found.setdefault((row.account_id, row.gateway_id), Marks())
        if row.key_name == _ALL:
            marks.whole = row.mark_ms
        else:
            marks.keys[row.key_name] = row.mark_ms
    return found


def mark(connection: Connection, gateway: tuple[str, str], now_ms: int, key: str | None = None) -> None:
    """Purges one key of callers, or everything."""
    marks = read_marks(connection, gateway[0]).get(gateway, Marks())
    newest = max(now_ms, marks.whole + 1, *(at + 1 for at in marks.keys.values()), 0)
    name = _ALL if key is None else name_of(key.encode())
    kept = {other: at for other, at in marks.keys.items() if other != name and at > now_ms - _OBSOLETE_MS}
    if name == _ALL or len(kept) >= MOST_KEYS:
        name, kept = _ALL, {}
    elif marks.whole:
        kept[_ALL] = marks.whole
    forget(connection, gateway)
    rows = [{"key_name": other, "mark_ms": at} for other, at in (kept | {name: newest}).items()]
    account_id, gateway_id = gateway
    connection.execute(
        sa.insert(cache_purges), [{"account_id": account_id, "gateway_id": gateway_id, **row} for row in rows]
    )


def forget(connection: Connection, gateway: tuple[str, str]) -> None:
    """The marks of a gateway that is no more: one of its name begins anew, since keys hold when it was made."""
    account_id, gateway_id = gateway
    table = cache_purges.c
    connection.execute(sa.delete(cache_purges).where(table.account_id == account_id, table.gateway_id == gateway_id))
