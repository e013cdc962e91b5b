"""How endpoints fare: every attempt counted by the minute, kept for two days.

That is in the transaction of the rows that the attempts stand in, so what is read twice is counted once.
"""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.catalog.measured import Counts, Histogram, Measured, bucket_of, measured
from torana.exchange import Attempt
from torana.priority import give_way
from torana.routing.market.health import is_failing
from torana.storage.sql import replace
from torana.storage.tables import endpoint_minutes, logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Connection, Engine

    from torana.catalog.measured import Place
    from torana.control.rows import Row

MINUTE_MS = 60_000
KEPT_MINUTES = 2 * 24 * 60
LONGEST = 256
"""Characters of a model's name."""
_FORGET_EVERY = 60
_ROWS_A_TURN = 50
_AT_ONCE = 200
_FIRST_FAILURE = 400
_FIVE, _HALF_HOUR, _DAY = 5, 30, 24 * 60

_NAMES = [column.name for column in logs.columns if column.name not in {"seq", "feedback", "score"}]
_attempts = msgspec.json.Decoder(list[Attempt]).decode
_histogram = msgspec.json.Decoder(dict[int, int]).decode
_encode = msgspec.json.Encoder().encode


class _Answer(Struct, gc=False):
    """What the last attempt's answer came to."""

    is_stream: bool
    is_cancelled: bool
    is_broken: bool
    tokens_out: int | None


_pick: Callable[[Row], tuple[int, str, bool, bool, bool, int | None]] = itemgetter(
    *map(_NAMES.index, ("created_ms", "attempts", "is_stream", "cancelled", "is_broken", "tokens_out"))
)


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
    found: defaultdict[tuple[int, str, str], Counts] = defaultdict(Counts)
    for number, row in enumerate(rows):
        if not number % _ROWS_A_TURN:
            give_way()
        created_ms, text, is_stream, is_cancelled, is_broken, tokens_out = _pick(row)
        answer = _Answer(is_stream, is_cancelled, is_broken, tokens_out)
        attempts = _attempts(text)
        for attempt in attempts:
            key = (created_ms // MINUTE_MS, attempt.provider, attempt.model)
            _count(found[key], attempt, answer if attempt is attempts[-1] else None)
    return _with_short_names(found)


def _with_short_names(found: Mapping[tuple[int, str, str], Counts]) -> dict[tuple[int, str, str], Counts]:
    kept: dict[tuple[int, str, str], Counts] = {}
    for (minute, provider, model), counts in found.items():
        kept.setdefault((minute, provider, model.replace("\0", "")[:LONGEST]), Counts()).add(counts)
    return kept


def _count(counts: Counts, attempt: Attempt, answer: _Answer | None) -> None:
    """`answer` is that which the last attempt gave; None = it was not the last."""
    counts.attempts += 1
    if answer is not None and answer.is_cancelled and not attempt.status:
        counts.refusals += 1  # its caller left before there was an answer
    elif is_failing(attempt.status):
        return
    elif attempt.status >= _FIRST_FAILURE:
        counts.refusals += 1
    elif answer is None or answer.is_cancelled or not answer.is_broken:
        counts.successes += 1
        if answer is not None:
            _time(counts, attempt, answer)


def _time(counts: Counts, attempt: Attempt, answer: _Answer) -> None:
    first, ended = attempt.first_byte_s, attempt.ended_s
    if answer.is_stream and first is not None:
        _put(counts.latencies, (first - attempt.started_s) * 1000)
    if answer.tokens_out and ended is not None and ended > attempt.started_s:
        _put(counts.throughputs, answer.tokens_out / (ended - attempt.started_s))


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
