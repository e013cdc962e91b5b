"""Answers a question about what was served: metrics by dimension and span of time, within bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import add
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa
from msgspec import Struct

from torana.control.analytics.figures import METADATA, REQUESTS, Source, parts_of
from torana.control.analytics.histogram import percentile
from torana.control.analytics.rollups import HOUR_MS, MINUTE_MS
from torana.control.analytics.shapes import Answer, Dimension, Figure, Filter, Granularity, Label, Metric, Row
from torana.control.log_filters import as_text, to_ms
from torana.control.queries import to_rfc3339
from torana.control.refusals import InvalidInput
from torana.storage.sql import QueryTookTooLong, time_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection

    from torana.control.analytics.figures import Columns, Expression

Group: TypeAlias = tuple[Label, ...]
Select: TypeAlias = sa.Select[Any]

STEPS_MS: dict[str, int] = {"minute": MINUTE_MS, "hour": HOUR_MS, "day": 86_400_000}
DEFAULT_SPAN_MS = 86_400_000
LONGEST_SPAN_MS = 800 * 86_400_000
MOST_ROWS = 10_000
MOST_SECONDS = 10.0
MOST_GROUPS = 50_000
_FLAGS = {"true": True, "false": False, "1": True, "0": False}
_BOOLEANS = frozenset({"error", "cached", "streamed", "rate_limited"})
_NUMBERS = frozenset({"status", "status_class"})
_PERCENT = 100


class Question(Struct, kw_only=True, frozen=True):
    """`since` and `until` in Unix ms, the latter not included. Both are moved to the beginning of their minute."""

    account_id: str
    gateways: list[str] | None = None
    """None = all."""
    metrics: Sequence[Metric]
    dimensions: Sequence[Dimension] = ()
    since_ms: int
    until_ms: int
    granularity: Granularity = "all"
    filters: Sequence[Filter] = ()
    order_by: str = ""
    """`time`, or a metric or a dimension of the question; empty = time, then the first metric, largest first."""
    is_descending: bool = True
    limit: int = 1_000


def read_span(since: str | None, until: str | None, now_ms: int, where: str) -> tuple[int, int]:
    """Without `since` the last day; InvalidInput where that is no span."""
    moments = {"until": now_ms + MINUTE_MS, "since": 0}
    for name, text in (("until", until), ("since", since)):
        if text is None:
            continue
        try:
            moments[name] = to_ms(text)
        except ValueError as error:
            raise InvalidInput(str(error), where, name) from error
    start = moments["since"] if since is not None else moments["until"] - DEFAULT_SPAN_MS
    if not 0 <= start < moments["until"]:
        raise InvalidInput("`since` must be before `until`, and neither before 1970", where, "since")
    if moments["until"] - start > LONGEST_SPAN_MS:
        raise InvalidInput(f"at most {LONGEST_SPAN_MS // 86_400_000} days can be asked for at once", where, "since")
    return start, moments["until"]


def answer(connection: Connection, question: Question, where: str = "query", seconds: float = MOST_SECONDS) -> Answer:
    """InvalidInput for a question that has no answer, or none within `seconds`; `where` names its place in a call."""
    source = _source(question, where)
    names = list(dict.fromkeys(part for metric in question.metrics for part in parts_of(metric)))
    groups: dict[Group, list[int]] = {}
    for selected in _selects(question, source, names, where):
        for group, counted in _groups(connection, selected, len(names), where, seconds):
            known = groups.get(group)
            groups[group] = counted if known is None else [*map(add, known, counted)]
    totals = dict(zip(names, map(sum, zip(*groups.values(), strict=True)), strict=True)) if groups else {}
    rows = [_row(question, group, dict(zip(names, counted, strict=True))) for group, counted in groups.items()]
    return Answer(
        since=to_rfc3339(_minute(question.since_ms)),
        until=to_rfc3339(_minute_after(question.until_ms)),
        granularity=question.granularity,
        rows=_ordered(question, rows, where)[: question.limit],
        totals={metric: figure(metric, totals) for metric in question.metrics},
        is_truncated=len(rows) > question.limit,
    )


def spans(since_ms: int, until_ms: int, granularity: Granularity) -> list[tuple[bool, int, int]]:
    """What to read: whole hours from the hours' table where that is fine enough, the rest by the minute.

    Each part says whether it is of hours, and goes from its first moment up to its last one, not included.
    """
    first, last = -(-since_ms // HOUR_MS) * HOUR_MS, until_ms // HOUR_MS * HOUR_MS
    if granularity == "minute" or first >= last:
        return [(False, since_ms, until_ms)]
    parts = [(False, since_ms, first), (True, first, last), (False, last, until_ms)]
    return [(is_hours, start, end) for is_hours, start, end in parts if start < end]


def _selects(question: Question, source: Source, names: list[str], where: str) -> Iterator[Select]:
    since, until = _minute(question.since_ms), _minute_after(question.until_ms)
    for is_hours, start, end in spans(since, until, question.granularity):
        c = source.hours.c if is_hours else source.minutes.c
        step = STEPS_MS.get(question.granularity)
        by = [c.start_ms - c.start_ms % step] if step else []
        by += [source.dimensions[name](c) for name in question.dimensions]
        wanted = [c.account_id == question.account_id, c.start_ms >= start, c.start_ms < end]
        if question.gateways is not None:
            wanted.append(c.gateway_id.in_(question.gateways))
        wanted += _conditions(question, source, c, where)
        sums = [source.sums[name](c) for name in names]
        # Of nothing there is no group, also where all is one.
        yield sa.select(*by, *sums).where(*wanted).group_by(*by or [c.account_id]).limit(MOST_GROUPS + 1)


def _groups(
    connection: Connection, selected: Select, sums: int, where: str, seconds: float
) -> Iterator[tuple[Group, list[int]]]:
    try:
        with time_limit(connection, seconds):
            found = connection.execute(selected).all()
    except QueryTookTooLong as error:
        raise InvalidInput(f"{error}: narrow the time range, or filter", where) from error
    if len(found) > MOST_GROUPS:
        raise InvalidInput(
            f"there are more than {MOST_GROUPS} groups: ask for fewer dimensions, or larger spans", where
        )
    for row in found:
        yield tuple(row[:-sums]), [int(value) for value in row[-sums:]]


def figure(metric: str, known: Mapping[str, int]) -> Figure:
    """A metric of a group from the sums that it is made of: USD, milliseconds, shares from 0 to 1."""
    parts = [known.get(name, 0) for name in parts_of(metric)]
    name, _, share = metric.rpartition("_p")
    if name:
        span = percentile(parts, int(share) / _PERCENT)
        return None if span is None else round(span / 1000, 3)
    if metric == "cost":
        return parts[0] / 1e9
    if metric.endswith(("_rate", "_avg")):
        units = 1000 if metric.endswith("_avg") else 1
        return round(parts[0] / parts[1] / units, 6) if parts[1] else None
    return int(parts[0])


def _source(question: Question, where: str) -> Source:
    """The entries of the metadata have a table of their own, which knows less of each request."""
    asked = {*question.dimensions, *(one.key for one in question.filters)}
    source = METADATA if any(name.startswith("metadata.") for name in asked) else REQUESTS
    for field, names in (("dimensions", question.dimensions), ("filters", [one.key for one in question.filters])):
        for name in names:
            if name not in source.dimensions:
                fit = ", ".join(source.dimensions)
                raise InvalidInput(f"`{name}` cannot be asked for with metadata, only {fit}", where, field)
    for metric in question.metrics:
        if any(part not in source.sums for part in parts_of(metric)):
            raise InvalidInput(f"`{metric}` is not known by metadata", where, "metrics")
    return source


def _minute(ms: int) -> int:
    return ms - ms % MINUTE_MS


def _minute_after(ms: int) -> int:
    return _minute(ms + MINUTE_MS - 1)


def _conditions(question: Question, source: Source, c: Columns, where: str) -> Iterator[sa.ColumnElement[bool]]:
    for number, one in enumerate(question.filters):
        try:
            yield _condition(source.dimensions[one.key](c), one)
        except ValueError as error:
            raise InvalidInput(str(error), where, "filters", str(number)) from error


def _condition(column: Expression, one: Filter) -> sa.ColumnElement[bool]:
    read: Callable[[str], Label] = _flag if one.key in _BOOLEANS else _number if one.key in _NUMBERS else str
    texts = [as_text(value) for value in one.value]
    if one.operator == "contains":
        if read is not str:
            raise ValueError(f"`contains` is for text: use eq or neq with `{one.key}`")
        return sa.or_(*(sa.cast(column, sa.Text).icontains(text, autoescape=True) for text in texts))
    values = [read(text) for text in texts]
    return column.not_in(values) if one.operator == "neq" else column.in_(values)


def _flag(text: str) -> bool:
    if text.lower() not in _FLAGS:
        raise ValueError(f"`{text}` is neither true nor false")
    return _FLAGS[text.lower()]


def _number(text: str) -> int:
    """A status, or a class of them: 404, 4xx."""
    digits = text[:1] + "00" if text[1:].lower() == "xx" else text
    if not digits.isascii() or not digits.isdecimal() or len(digits) != 3:  # noqa: PLR2004  # a status has three digits
        raise ValueError(f"`{text}` is not a status: write it as 404, or 4xx")
    return int(digits)


def _ordered(question: Question, rows: list[Row], where: str) -> list[Row]:
    """Ties, and all where nothing is asked for: by time, then the first metric, then by name."""
    first = question.metrics[0]
    rows.sort(key=lambda row: (row.time or "", -(row.metrics[first] or 0), *map(str, row.dimensions.values())))
    name = question.order_by
    if not name:
        return rows
    fit = [*(["time"] if question.granularity != "all" else []), *question.dimensions, *question.metrics]
    if name not in fit:
        raise InvalidInput(f"`{name}` is not to be ordered by here, only {', '.join(fit)}", where, "order_by")

    def key(row: Row) -> str | float:
        if name in row.metrics:
            value = row.metrics[name]
            return -math.inf if value is None else value
        return row.time or "" if name == "time" else row.dimensions[name]

    return sorted(rows, key=key, reverse=question.is_descending)


def _row(question: Question, group: Group, sums: Mapping[str, int]) -> Row:
    has_time = question.granularity != "all"
    return Row(
        time=to_rfc3339(int(group[0])) if has_time else None,
        dimensions={
            name: _label(name, value) for name, value in zip(question.dimensions, group[has_time:], strict=True)
        },
        metrics={metric: figure(metric, sums) for metric in question.metrics},
    )


def _label(name: str, value: Label) -> Label:
    if name == "status_class":
        return f"{int(value) // 100}xx"
    return bool(value) if name in _BOOLEANS else value
