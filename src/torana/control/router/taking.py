"""What routed requests cost, taken into the books: generations, the ledger and its sums, days of use.

All of it is in the transaction of the batch that the requests came with. A generation that is there already is left
out whole, so what is read twice is charged once; what no log is kept of is charged all the same.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.exchange import Usage
from torana.periods import day_of
from torana.routed import Routed, decode
from torana.storage.sql import add_up, insert_new
from torana.storage.tables import activity_days, generations, ledger, ledger_totals, router_key_days, router_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection, Engine

    from torana.journal import Record

USED_STEP_MS = 3_600_000
_LARGEST = (1 << 62) - 1
_AT_ONCE = 500
_NO_USAGE = Usage()

_encode = msgspec.json.Encoder().encode
_log = logging.getLogger("torana.ingest")

Key: TypeAlias = tuple[object, ...]


class Taken(Struct, frozen=True, gc=False):
    """A routed request, as the books take it."""

    account_id: str
    gateway_id: str
    log_id: str
    created_ms: int
    routed: Routed
    usage: Usage

    @property
    def byok_nano(self) -> int:
        return self.routed.upstream_nano if self.routed.is_byok else 0


def routed_of(record: Record) -> Routed | None:
    """None where it did not come through the router, or what it says of that cannot be read."""
    if not record.routed:
        return None
    try:
        return decode(record.routed)
    except msgspec.DecodeError:
        _log.exception("what the router said of log %s cannot be read", record.id)
        return None


def taken_of(record: Record) -> Taken | None:
    """None where there is nothing to take."""
    routed = routed_of(record)
    if routed is None:
        return None
    return Taken(
        _plain(record.account_id),
        _plain(record.gateway_id),
        record.id,
        record.created_ms,
        _tamed(routed),
        # An answer that is given again from the cache used nothing.
        _NO_USAGE if routed.source_id or record.usage is None else record.usage,
    )


class Taking:
    """For one ingester."""

    def __init__(self, engine: Engine) -> None:
        self._insert_generation = insert_new(engine, generations)
        self._insert_entry = insert_new(engine, ledger, "seq")
        self._add_total = add_up(engine, ledger_totals)
        self._add_key_day = add_up(engine, router_key_days, "account_id")
        self._add_activity = add_up(engine, activity_days)

    def write(self, connection: Connection, taken: Sequence[Taken]) -> None:
        """In the caller's transaction; one ingester at a time."""
        new = _new(connection, taken)
        if not new:
            return
        connection.exec_driver_sql(self._insert_generation, [_generation(one) for one in new])
        charged = [one for one in new if one.routed.cost_nano]
        if charged:
            connection.exec_driver_sql(self._insert_entry, [_entry(one) for one in charged])
            self._add(connection, self._add_total, _sums(charged, _of_total, lambda one: (0, one.routed.cost_nano)))
        used = [one for one in new if one.routed.key_hash]
        self._add(connection, self._add_key_day, _sums(used, _of_key_day, lambda one: (*_money(one), 1)))
        named = [one for one in new if one.routed.model]
        self._add(
            connection, self._add_activity, _sums(named, _of_activity, lambda one: (*_money(one), 1, *_tokens(one)))
        )
        _note_use(connection, used)

    def _add(self, connection: Connection, statement: str, sums: Iterable[tuple[object, ...]]) -> None:
        rows = list(sums)
        if rows:
            connection.exec_driver_sql(statement, rows)


def _new(connection: Connection, taken: Sequence[Taken]) -> list[Taken]:
    """Those that neither the generations nor the ledger know; of two with one id the first."""
    by_id: dict[str, Taken] = {}
    for one in taken:
        by_id.setdefault(one.routed.id, one)
    ids = list(by_id)
    for at in range(0, len(ids), _AT_ONCE):
        some = ids[at : at + _AT_ONCE]
        for column in (generations.c.id, ledger.c.id):
            for known in connection.execute(sa.select(column).where(column.in_(some))).scalars():
                by_id.pop(known, None)
    return list(by_id.values())


def _generation(one: Taken) -> tuple[object, ...]:
    """In the order of the table's columns."""
    routed = one.routed
    content = _encode(routed).decode()
    return routed.id, one.account_id, one.gateway_id, one.log_id, routed.key_hash, one.created_ms, content


def _entry(one: Taken) -> tuple[object, ...]:
    """In the order of the table's columns, less `seq`."""
    routed = one.routed
    return routed.id, one.account_id, "usage", -routed.cost_nano, routed.key_hash or None, one.created_ms, ""


def _sums(
    taken: Iterable[Taken], key: Callable[[Taken], Key], values: Callable[[Taken], tuple[int, ...]]
) -> list[tuple[object, ...]]:
    """A row for each key: its columns, and the sums of its values."""
    found: dict[Key, tuple[int, ...]] = {}
    for one in taken:
        added = values(one)
        before = found.get(own := key(one))
        found[own] = added if before is None else tuple(map(sum, zip(before, added, strict=True)))
    return [(*own, *sums) for own, sums in found.items()]


def _money(one: Taken) -> tuple[int, int]:
    return one.routed.cost_nano, one.byok_nano


def _tokens(one: Taken) -> tuple[int, int, int, int]:
    usage = one.usage
    return usage.tokens_in, usage.tokens_out, usage.reasoning_tokens_out, usage.cached_tokens_in


def _of_total(one: Taken) -> Key:
    return (one.account_id,)


def _of_key_day(one: Taken) -> Key:
    return one.routed.key_hash, day_of(one.created_ms), one.account_id


def _of_activity(one: Taken) -> Key:
    routed = one.routed
    return (
        *(day_of(one.created_ms), one.account_id, one.gateway_id, routed.key_hash, routed.user[:128]),
        *(routed.model[:256], routed.permaslug[:256], routed.endpoint_id[:64], routed.provider_name[:128]),
    )


def _note_use(connection: Connection, used: Sequence[Taken]) -> None:
    """When keys were used last, to the hour."""
    newest: Counter[str] = Counter()
    for one in used:
        newest[one.routed.key_hash] = max(newest[one.routed.key_hash], one.created_ms)
    row = router_keys.c
    for key_hash, used_ms in newest.items():
        is_due = sa.or_(row.used_ms.is_(None), row.used_ms <= used_ms - USED_STEP_MS)
        connection.execute(sa.update(router_keys).where(row.hash == key_hash, is_due).values(used_ms=used_ms))


def _tamed(routed: Routed) -> Routed:
    """Money within 64 bits, text without what a database may refuse."""
    return msgspec.structs.replace(
        routed,
        id=_plain(routed.id)[:64],
        key_hash=_plain(routed.key_hash)[:64],
        cost_nano=_bounded(routed.cost_nano),
        upstream_nano=_bounded(routed.upstream_nano),
        user=_plain(routed.user),
        model=_plain(routed.model),
        permaslug=_plain(routed.permaslug),
        endpoint_id=_plain(routed.endpoint_id),
        provider_name=_plain(routed.provider_name),
    )


def _plain(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _bounded(nano: int) -> int:
    return max(0, min(_LARGEST, nano))
