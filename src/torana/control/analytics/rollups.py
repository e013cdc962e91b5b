"""Sums the rows of a batch by the minute and the hour, and adds them to the store.

That is in the batch's own transaction. A row of `request_minutes` is one combination of gateway, minute, provider,
model and outcome; one of `metadata_minutes` an entry of the callers' metadata; those of the hours are sums of theirs,
so that months can be asked for. All are made from rows that were new: what is read twice is counted once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from operator import add, itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import sqlalchemy as sa

from torana.control.analytics.histogram import BOUNDS_US, BUCKETS
from torana.control.log_filters import FIRST_FAILURE, as_text
from torana.control.totals import BUCKETS_US
from torana.storage.sql import add_up
from torana.storage.tables import logs, metadata_hours, metadata_minutes, request_hours, request_minutes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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
_NOBODY = "[]"  # the attempts of who was not passed on
_AT_ONCE = 10_000

TABLES = ((request_minutes, request_hours), (metadata_minutes, metadata_hours))
"""By the minute and by the hour."""

Key: TypeAlias = tuple[object, ...]
Sums: TypeAlias = list[int]
Kind: TypeAlias = tuple[str, str, str, str, int, bool, bool, bool]
"""What rows are told apart by, besides their minute."""

_NAMES = [column.name for column in logs.columns if column.name not in {"seq", "feedback", "score"}]


def _pick(*names: str) -> itemgetter[tuple[Any, ...]]:
    return itemgetter(*map(_NAMES.index, names))


_kind_of: Callable[[Row], Kind] = _pick(
    "account_id", "gateway_id", "provider", "model", "status", "is_stream", "cached", "is_broken"
)
_figures_of = _pick(
    *("cancelled", "tokens_in", "tokens_out", "cached_tokens_in", "reasoning_tokens_out", "cost_nano"),
    *("duration_us", "first_byte_us"),
)
_ID, _CREATED, _ATTEMPTS, _METADATA = map(_NAMES.index, ("id", "created_ms", "attempts", "metadata"))
_COUNTS = 11  # of request_minutes, before its buckets
_STORED = _COUNTS + 2 * BUCKETS
_decode = msgspec.json.Decoder(dict[str, object]).decode


class Rollups:
    """For one ingester."""

    def __init__(self, engine: Engine) -> None:
        self._add = [(add_up(engine, minutes), add_up(engine, hours)) for minutes, hours in TABLES]

    def add(self, connection: Connection, rows: Iterable[Row]) -> dict[Key, Sums]:
        """Rows in the order of the table of logs, less what is given afterwards; what was summed of requests."""
        both = sum_up(rows)
        for sums, (add_minutes, add_hours) in zip(both, self._add, strict=True):
            if sums:
                connection.exec_driver_sql(add_minutes, _to_rows(sums))
                connection.exec_driver_sql(add_hours, _to_rows(_by_hour(sums)))
        return both[0]


def newest(connection: Connection) -> int:
    """What `stored_after` is asked with, before rows are stored."""
    return connection.execute(sa.select(sa.func.max(logs.c.seq))).scalar_one() or 0


def stored_after(connection: Connection, place: int, rows: list[Row]) -> list[Row]:
    """Of these rows those that are new: others were there before."""
    found = set(connection.execute(sa.select(logs.c.id).where(logs.c.seq > place)).scalars())
    return [row for row in rows if row[_ID] in found]


def sum_up(rows: Iterable[Row]) -> tuple[dict[Key, Sums], dict[Key, Sums]]:
    """By the keys of the two tables; sums of requests end with the buckets of the metrics."""
    groups: defaultdict[tuple[int, bool, Kind], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[_CREATED] // MINUTE_MS, row[_ATTEMPTS] == _NOBODY, _kind_of(row)].append(row)  # type: ignore[operator]  # a number
    requests: dict[Key, Sums] = {}
    entries = _Entries()
    for (minute, is_unasked, kind), group in groups.items():
        account_id, gateway_id, provider, model, status, is_stream, cached, is_broken = kind
        place = (account_id, minute * MINUTE_MS, gateway_id)
        is_error = status >= FIRST_FAILURE or is_broken
        outcome = (status, is_stream, cached, is_error, status == _REFUSED and is_unasked)
        key = (*place, provider, model[:LONGEST], *outcome)
        counted, known = _sum(group), requests.get(key)
        requests[key] = counted if known is None else [*map(add, known, counted)]
        entries.add(place, group, is_error=is_error, is_cached=cached)
    return requests, entries.sums


def _by_hour(sums: dict[Key, Sums]) -> dict[Key, Sums]:
    hours: dict[Key, Sums] = {}
    for (account_id, minute_ms, *rest), counted in sums.items():
        assert isinstance(minute_ms, int)  # noqa: S101  # a key's second part is
        key = (account_id, minute_ms - minute_ms % HOUR_MS, *rest)
        known = hours.get(key)
        hours[key] = counted if known is None else [*map(add, known, counted)]
    return hours


def _to_rows(sums: dict[Key, Sums]) -> list[Key]:
    return [(*key, *counted[:_STORED]) for key, counted in sums.items()]


def _sum(rows: list[Row]) -> Sums:
    cancelled, tokens_in, *tokens, costs, durations, first_bytes = zip(*map(_figures_of, rows), strict=True)
    # Tokens are null together; a cost is unknown where some were used.
    unpriced = sum(cost is None and used is not None for cost, used in zip(costs, tokens_in, strict=True))
    came = [*filter(None, first_bytes)]
    return [
        *(len(rows), sum(cancelled), _total(tokens_in), *map(_total, tokens), _total(costs), unpriced),
        *(sum(durations), sum(came), len(came)),
        *_histogram(BOUNDS_US, durations),
        *_histogram(BOUNDS_US, came),
        *_histogram(BUCKETS_US, durations),
    ]


def _total(values: Iterable[int | None]) -> int:
    """Of those that are known."""
    return sum(filter(None, values))


def _histogram(bounds: Sequence[int], values: Iterable[int]) -> list[int]:
    counts = [0] * (len(bounds) + 1)
    for value in values:
        counts[bisect_left(bounds, value)] += 1
    return counts


class _Entries:
    """Sums of each entry of metadata, while a batch is summed up."""

    def __init__(self) -> None:
        self.sums: dict[Key, Sums] = {}
        self._read: dict[object, list[tuple[str, str]]] = {}

    def add(self, place: Key, rows: list[Row], *, is_error: bool, is_cached: bool) -> None:
        """Rows that have all this in common."""
        for row in rows:
            metadata = row[_METADATA]
            if not metadata:
                continue
            pairs = self._read.get(metadata)
            if pairs is None:
                pairs = self._read[metadata] = read_pairs(str(metadata))
            _, tokens_in, tokens_out, _, _, cost, duration, _ = _figures_of(row)
            more = (1, is_error, is_cached, tokens_in or 0, tokens_out or 0, cost or 0, duration)
            for pair in pairs:
                sums = _entry_of(self.sums, (*place, *pair))
                sums[:] = map(add, sums, more)


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
