"""How endpoints fare: every attempt counted by the minute, kept for two days.

That is in the transaction of the rows that the attempts stand in, so what is read twice is counted once.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.catalog.measured import Counts, Histogram, Measured, bucket_of, measured
from torana.exchange import Attempt
from torana.routing.market.health import is_failing
from torana.storage.sql import replace
from torana.storage.tables import endpoint_minutes, logs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Engine

    from torana.catalog.measured import Place
    from torana.control.rows import Row

MINUTE_MS = 60_000
KEPT_MINUTES = 2 * 24 * 60
LONGEST = 256
"""Characters of a model's name."""
_FORGET_EVERY = 60
_AT_ONCE = 200
_FIRST_FAILURE = 400
_FIVE, _HALF_HOUR, _DAY = 5, 30, 24 * 60

_NAMES = [column.name for column in logs.columns if column.name not in {"seq", "feedback", "score"}]
_attempts = msgspec.json.Decoder(list[Attempt]).decode
_histogram = msgspec.json.Decoder(dict[int, int]).decode
_encode = msgspec.json.Encoder().encode


class _Line(Struct, gc=False):
    """What is looked at of a log's row; the names are its columns."""

    created_ms: int
    is_stream: bool
    cancelled: bool
    is_broken: bool
    tokens_out: int | None
    attempts: str


_pick = itemgetter(*map(_NAMES.index, _Line.__struct_fields__))


class Meters:
    """For one ingester."""

    def __init__(self, engine: Engine) -> None:
        self._replace = replace(engine, endpoint_minutes)
        self._forgotten = 0
        """Minute of the last time that old ones were deleted."""

    def add(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Rows in the order of the table of logs, less what is given afterwards."""
        found = sum_up(rows)
        if not found:
            return
        minutes = sorted({minute for minute, *_ in found})
        for start in range(0, len(minutes), _AT_ONCE):
            for key, known in _stored(connection, minutes[start : start + _AT_ONCE]):
                if key in found:
                    known.add(found[key])
                    found[key] = known
        connection.exec_driver_sql(self._replace, [_row(key, counts) for key, counts in found.items()])
        newest = minutes[-1]
        if newest - self._forgotten >= _FORGET_EVERY:
            self._forgotten = newest
            old = endpoint_minutes.c.minute < newest - KEPT_MINUTES
            connection.execute(sa.delete(endpoint_minutes).where(old))


def sum_up(rows: Iterable[Row]) -> dict[tuple[int, str, str], Counts]:
    """By minute, provider and model."""
    found: dict[tuple[int, str, str], Counts] = {}
    for row in rows:
        line = _Line(*_pick(row))
        attempts = _attempts(line.attempts)
        for attempt in attempts:
            key = (line.created_ms // MINUTE_MS, attempt.provider, attempt.model.replace("\0", "")[:LONGEST])
            counts = found.get(key)
            if counts is None:
                counts = found[key] = Counts()
            _count(counts, attempt, line if attempt is attempts[-1] else None)
    return found


def _count(counts: Counts, attempt: Attempt, line: _Line | None) -> None:
    """`line` is that of the answer, which the last attempt gave; None = it was not the last."""
    counts.attempts += 1
    if line is not None and line.cancelled and not attempt.status:
        counts.refusals += 1  # its caller left before there was an answer
        return
    if attempt.status >= _FIRST_FAILURE and not is_failing(attempt.status):
        counts.refusals += 1
        return
    if is_failing(attempt.status) or (line is not None and line.is_broken and not line.cancelled):
        return
    counts.successes += 1
    if line is not None:
        _time(counts, attempt, line)


def _time(counts: Counts, attempt: Attempt, line: _Line) -> None:
    first, ended = attempt.first_byte_s, attempt.ended_s
    if line.is_stream and first is not None:
        _put(counts.latencies, (first - attempt.started_s) * 1000)
    if line.tokens_out and ended is not None and ended > attempt.started_s:
        _put(counts.throughputs, line.tokens_out / (ended - attempt.started_s))


def _put(histogram: Histogram, value: float) -> None:
    bucket = bucket_of(value)
    histogram[bucket] = histogram.get(bucket, 0) + 1


def _stored(connection: Connection, minutes: list[int]) -> list[tuple[tuple[int, str, str], Counts]]:
    rows = connection.execute(sa.select(endpoint_minutes).where(endpoint_minutes.c.minute.in_(minutes)))
    return [((row.minute, row.provider, row.model), _counts(row)) for row in rows]


def _counts(row: sa.Row[tuple[object, ...]]) -> Counts:
    return Counts(row.attempts, row.successes, row.refusals, _histogram(row.latencies), _histogram(row.throughputs))


def _row(key: tuple[int, str, str], counts: Counts) -> Row:
    numbers = (counts.attempts, counts.successes, counts.refusals)
    return (*key, *numbers, _encode(counts.latencies).decode(), _encode(counts.throughputs).decode())


def read_figures(connection: Connection, now_ms: int) -> dict[Place, Measured]:
    """Of all places that were asked within the last day; the minute under way counts."""
    minute = now_ms // MINUTE_MS
    column = endpoint_minutes.c
    rows = connection.execute(sa.select(endpoint_minutes).where(column.minute > minute - _DAY))
    spans: dict[Place, dict[int, Counts]] = {}
    for row in rows:
        counts = _counts(row)
        by_span = spans.setdefault((row.provider, row.model), {span: Counts() for span in (_FIVE, _HALF_HOUR, _DAY)})
        for span, sums in by_span.items():
            if row.minute > minute - span:
                sums.add(counts)
    return {place: measured(each[_FIVE], each[_HALF_HOUR], each[_DAY]) for place, each in spans.items()}
