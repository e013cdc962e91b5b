"""Sums the rows of a batch by the minute and the hour, and adds them to the store.

That is in the batch's own transaction. A row of `request_minutes` is one combination of gateway, minute, provider,
model and outcome; one of `metadata_minutes` an entry of the callers' metadata; those of the hours are sums of theirs,
so that months can be asked for. All are made from rows that were new: what is read twice is counted once.
"""

from __future__ import annotations

from operator import add, itemgetter
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.analytics.histogram import BUCKETS, bucket_of
from torana.control.log_filters import FIRST_FAILURE, as_text
from torana.storage.sql import add_up
from torana.storage.tables import logs, metadata_hours, metadata_minutes, request_hours, request_minutes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Engine, Table

    from torana.control.log_filters import Value
    from torana.control.rows import Row

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
MOST_PAIRS = 1_000
"""Metadata entries that a batch tells apart; what is beyond is counted under its key, with the value `…`."""
MOST_ROWS = 5_000_000
"""Of an account in each table; the oldest go."""
OTHER = "…"
LONGEST = 128
"""Characters of a model, a key or a value."""
_REFUSED = 429
_AT_ONCE = 10_000

TABLES = ((request_minutes, request_hours), (metadata_minutes, metadata_hours))
"""By the minute and by the hour."""

Key: TypeAlias = tuple[object, ...]
Sums: TypeAlias = list[int]

_NAMES = [column.name for column in logs.columns if column.name not in {"seq", "feedback", "score"}]


class _Line(Struct, gc=False):
    """What is summed of a log's row; the names are its columns."""

    account_id: str
    gateway_id: str
    created_ms: int
    provider: str
    model: str
    status: int
    is_stream: bool
    cached: bool
    cancelled: bool
    is_broken: bool
    tokens_in: int | None
    tokens_out: int | None
    cached_tokens_in: int | None
    reasoning_tokens_out: int | None
    cost_nano: int | None
    duration_us: int
    first_byte_us: int
    attempts: str
    metadata: str


_pick = itemgetter(*map(_NAMES.index, _Line.__struct_fields__))
_ID = _NAMES.index("id")
_COUNTS = 11  # of request_minutes, before its buckets
_DURATIONS = _COUNTS
_FIRST_BYTES = _COUNTS + BUCKETS
_ALL = _COUNTS + 2 * BUCKETS
_decode = msgspec.json.Decoder(dict[str, object]).decode


class Rollups:
    """For one ingester."""

    def __init__(self, engine: Engine) -> None:
        self._add = [(add_up(engine, minutes), add_up(engine, hours)) for minutes, hours in TABLES]

    def add(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Rows in the order of the table of logs, less what is given afterwards."""
        for sums, (add_minutes, add_hours) in zip(sum_up(rows), self._add, strict=True):
            if sums:
                connection.exec_driver_sql(add_minutes, _to_rows(sums))
                connection.exec_driver_sql(add_hours, _to_rows(_by_hour(sums)))


def newest(connection: Connection) -> int:
    """What `stored_after` is asked with, before rows are stored."""
    return connection.execute(sa.select(sa.func.max(logs.c.seq))).scalar_one() or 0


def stored_after(connection: Connection, place: int, rows: list[Row]) -> list[Row]:
    """Of these rows those that are new: others were there before."""
    found = set(connection.execute(sa.select(logs.c.id).where(logs.c.seq > place)).scalars())
    return [row for row in rows if row[_ID] in found]


def sum_up(rows: Iterable[Row]) -> tuple[dict[Key, Sums], dict[Key, Sums]]:
    """By the keys of the two tables."""
    requests: dict[Key, Sums] = {}
    entries: dict[Key, Sums] = {}
    read: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        line = _Line(*_pick(row))
        is_error = line.status >= FIRST_FAILURE or line.is_broken
        minute_ms = line.created_ms - line.created_ms % MINUTE_MS
        place = (line.account_id, minute_ms, line.gateway_id)
        refused = line.status == _REFUSED and line.attempts == "[]"
        outcome = (line.status, line.is_stream, line.cached, is_error, refused)
        key = (*place, line.provider, line.model[:LONGEST], *outcome)
        sums = requests.get(key)
        if sums is None:
            sums = requests[key] = [0] * _ALL
        _count(sums, line)
        if line.metadata:
            pairs = read.get(line.metadata)
            if pairs is None:
                pairs = read[line.metadata] = read_pairs(line.metadata)
            for pair in pairs:
                _count_entry(_entry_of(entries, (*place, *pair)), line, is_error=is_error)
    return requests, entries


def _by_hour(sums: dict[Key, Sums]) -> dict[Key, Sums]:
    hours: dict[Key, Sums] = {}
    for (account_id, minute_ms, *rest), counted in sums.items():
        assert isinstance(minute_ms, int)  # noqa: S101  # a key's second part is
        key = (account_id, minute_ms - minute_ms % HOUR_MS, *rest)
        known = hours.get(key)
        hours[key] = counted if known is None else [*map(add, known, counted)]
    return hours


def _to_rows(sums: dict[Key, Sums]) -> list[Key]:
    return [(*key, *counted) for key, counted in sums.items()]


def _count(sums: Sums, line: _Line) -> None:
    sums[0] += 1
    sums[1] += line.cancelled
    if line.tokens_in is not None:
        sums[2] += line.tokens_in
        sums[3] += line.tokens_out or 0
        sums[4] += line.cached_tokens_in or 0
        sums[5] += line.reasoning_tokens_out or 0
        sums[7] += line.cost_nano is None
    sums[6] += line.cost_nano or 0
    sums[8] += line.duration_us
    sums[_DURATIONS + bucket_of(line.duration_us)] += 1
    if line.first_byte_us:
        sums[9] += line.first_byte_us
        sums[10] += 1
        sums[_FIRST_BYTES + bucket_of(line.first_byte_us)] += 1


def _count_entry(sums: Sums, line: _Line, *, is_error: bool) -> None:
    sums[0] += 1
    sums[1] += is_error
    sums[2] += line.cached
    sums[3] += line.tokens_in or 0
    sums[4] += line.tokens_out or 0
    sums[5] += line.cost_nano or 0
    sums[6] += line.duration_us


def read_pairs(metadata: str) -> list[tuple[str, str]]:
    """The entries of a log's metadata as text; none where it cannot be read."""
    try:
        found = _decode(metadata)
    except (msgspec.DecodeError, RecursionError):
        return []
    return [(key[:LONGEST], _text(value)) for key, value in found.items() if value is not None]


def _text(value: object) -> str:
    plain: Value = value if isinstance(value, str | int | float | bool) else OTHER
    return as_text(plain)[:LONGEST]


def _entry_of(entries: dict[Key, Sums], key: Key) -> Sums:
    sums = entries.get(key)
    if sums is None:
        bounded = key if len(entries) < MOST_PAIRS else (*key[:4], OTHER)
        sums = entries.setdefault(bounded, [0] * 7)
    return sums


def find_cut(connection: Connection, table: Table, account_id: str, most: int = MOST_ROWS) -> int:
    """The moment before which rows have to go, so that an account has at most so many; 0 where none has to."""
    start = table.c.start_ms
    newest_first = sa.select(start).where(table.c.account_id == account_id).order_by(start.desc())
    over = connection.execute(newest_first.offset(most).limit(1)).scalar_one_or_none()
    return 0 if over is None else over + 1


def prune(connection: Connection, table: Table, account_id: str, before_ms: int, some: int = _AT_ONCE) -> int:
    """Deletes older rows, about `some` at once, so that others may write; how many. Call it again until that is 0."""
    start, own = table.c.start_ms, table.c.account_id == account_id
    oldest_first = sa.select(start).where(own, start < before_ms).order_by(start)
    first = connection.execute(oldest_first.limit(1)).scalar_one_or_none()
    if first is None:
        return 0
    last = connection.execute(oldest_first.offset(some).limit(1)).scalar_one_or_none()
    limit = before_ms if last is None else max(last, first + 1)
    return connection.execute(sa.delete(table).where(own, start < limit)).rowcount
