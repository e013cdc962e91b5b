"""A filter of a dataset as SQL: fields with suffixes, `AND`, `OR`; and its span of time."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa
from msgspec import Struct

from torana.control.graphql.datasets import DAY_MS, STEPS_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torana.control.graphql.datasets import Expression, Field, Kind, Table

Given: TypeAlias = "Mapping[str, object]"
Condition: TypeAlias = sa.ColumnElement[bool]

COMPARED = ("", "_neq", "_gt", "_geq", "_lt", "_leq", "_in", "_notin")
MATCHED = ("_like", "_notlike")
_LONGEST_MS = (1 << 48) - 1
_BIGGEST = 1 << 63
MOST_CONDITIONS = 200


class BadFilter(ValueError):
    """The message says which field, and what it takes."""


class Span(Struct):
    """Unix ms; `until` is not included. What the filter says beyond it."""

    since_ms: int = 0
    until_ms: int = _LONGEST_MS
    rest: list[tuple[str, object]] = []


def suffixes(kind: Kind) -> tuple[str, ...]:
    return (*COMPARED, *MATCHED) if kind == "string" else COMPARED


def fields_of(given: Given) -> Iterator[str]:
    """The dimensions that a filter names, anywhere in it; BadFilter where there are too many."""
    found = list(_walk(given))
    if len(found) > MOST_CONDITIONS:
        raise BadFilter(f"a filter has at most {MOST_CONDITIONS} conditions")
    yield from found


def _walk(given: Given) -> Iterator[str]:
    for key, value in given.items():
        if key in {"AND", "OR"}:
            for part in value if isinstance(value, list) else ():
                yield from _walk(part)
        else:
            yield split(key)[0]


def split(key: str) -> tuple[str, str]:
    """A field and its suffix."""
    name, mark, suffix = key.rpartition("_")
    return (name, mark + suffix) if name else (key, "")


def read_span(given: Given) -> Span:
    """The bounds in time that stand at the top, or in its `AND`; all else is left over."""
    span = Span(rest=[])
    pending = list(given.items())
    for key, value in pending:
        if key == "AND" and isinstance(value, list):
            pending += [item for part in value for item in part.items()]
        elif not _bound(span, *split(key), value):
            span.rest.append((key, value))
    return span


def _bound(span: Span, name: str, suffix: str, value: object) -> bool:
    step = 1 if name == "datetime" else STEPS_MS.get(name)
    if step is None or suffix in {"_neq", "_in", "_notin"} or value is None:
        return False
    ms = to_ms(name, value)
    start = ms - ms % step
    # `datetimeHour_leq` is about the hour's beginning: all of that hour is within.
    if suffix in {"_geq", ""}:
        span.since_ms = max(span.since_ms, start if start == ms else start + step)
    if suffix == "_gt":
        span.since_ms = max(span.since_ms, start + step)
    if suffix in {"_leq", ""}:
        span.until_ms = min(span.until_ms, start + step)
    if suffix == "_lt":
        span.until_ms = min(span.until_ms, start if start == ms else start + step)
    if suffix == "" and start != ms:
        span.until_ms = 0  # no hour begins there
    return True


def compile_filter(table: Table, given: Given) -> list[Condition]:
    """BadFilter for a value that its field cannot have."""
    return [_compiled(table, key, value) for key, value in given.items()]


def _compiled(table: Table, key: str, value: object) -> Condition:
    if key in {"AND", "OR"}:
        parts = [sa.and_(sa.true(), *compile_filter(table, part)) for part in value] if isinstance(value, list) else []
        return sa.and_(sa.true(), *parts) if key == "AND" else sa.or_(*parts) if parts else sa.true()
    name, suffix = split(key)
    field = table.dimensions[name]
    if suffix in {"_in", "_notin"}:
        values = [_value(name, field, one) for one in (value if isinstance(value, list) else [value])]
        return field.column.in_(values) if suffix == "_in" else field.column.not_in(values)
    if value is None:
        return sa.true() if suffix == "_neq" else sa.false()  # there are no nulls
    return _COMPARE[suffix](field.column, _value(name, field, value))


_COMPARE: dict[str, Callable[[Expression, object], Condition]] = {
    "": lambda column, value: column == value,
    "_neq": lambda column, value: column != value,
    "_gt": lambda column, value: column > value,
    "_geq": lambda column, value: column >= value,
    "_lt": lambda column, value: column < value,
    "_leq": lambda column, value: column <= value,
    # `%` and `_` are the caller's own; a backslash is a backslash, as everywhere in SQLite.
    "_like": lambda column, value: column.like(value),
    "_notlike": lambda column, value: column.not_like(value),
}


def _value(name: str, field: Field, value: object) -> object:
    if field.kind in {"Time", "Date"}:
        return to_ms(name, value)
    if field.kind == "string":
        return value if isinstance(value, str) else _scalar(value)
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) >= _BIGGEST:
        raise BadFilter(f"`{name}` takes a number")
    return int(number) if number.is_integer() else number


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def to_ms(name: str, value: object) -> int:
    """Of an RFC 3339 date or moment; BadFilter for anything else."""
    try:
        moment = datetime.fromisoformat(str(value))
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max(int(aware.timestamp() * 1000), 0), _LONGEST_MS)
    except (ValueError, OverflowError):
        raise BadFilter(f"`{name}` takes a moment such as 2026-01-31T12:00:00Z, or a day such as 2026-01-31") from None


def shown(name: str, kind: Kind, value: object) -> object:
    """As the schema's scalars have it."""
    if kind == "Date":
        return date.fromordinal(date(1970, 1, 1).toordinal() + int(str(value)) // DAY_MS).isoformat()
    if kind == "Time":
        moment = datetime.fromtimestamp(int(str(value)) / 1000, UTC)
        text = moment.isoformat(timespec="milliseconds" if name == "datetime" else "seconds")
        return text.replace("+00:00", "Z")
    if kind == "float64":
        return float(str(value))
    return value if kind == "string" else int(float(str(value)))
