"""Filters of logs as SQL: which key is what, and what an operator means for it (cloudflare.md 12.2)."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, get_args

import sqlalchemy as sa
from msgspec import Meta, Struct

from torana.control.refusals import InvalidInput
from torana.storage.tables import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Condition: TypeAlias = sa.ColumnElement[bool]
Value: TypeAlias = str | int | float | bool | None
Operator: TypeAlias = Literal["eq", "neq", "contains", "lt", "gt"]
Text: TypeAlias = Annotated[str, Meta(max_length=1024)]
Key: TypeAlias = Literal[
    "id",
    "created_at",
    "request_content_type",
    "response_content_type",
    "request_type",
    "success",
    "cached",
    "provider",
    "model",
    "model_type",
    "cost",
    "tokens",
    "tokens_in",
    "tokens_out",
    "duration",
    "feedback",
    "event_id",
    "metadata.key",
    "metadata.value",
    "authentication",
    "wholesale",
    "compatibilityMode",
    "dlp_action",
    "user_agent",
]

FIRST_FAILURE = 400
_LONGEST_MS = (1 << 48) - 1
_CLOCKS_APART_MS = 60_000
"""An id is drawn a moment before or after `created_ms` is read."""
_MOST_NANO = (1 << 63) - 1


class LogFilter(Struct, frozen=True, forbid_unknown_fields=True):
    """`value` holds alternatives: one of them must fit, none of them with `neq`."""

    key: Key
    operator: Operator
    value: Annotated[list[Text | int | float | bool | None], Meta(min_length=1, max_length=100)]


SUCCEEDED: Condition = sa.and_(logs.c.status < FIRST_FAILURE, logs.c.is_broken.is_(False))
TOKENS: sa.ColumnElement[int] = logs.c.tokens_in + logs.c.tokens_out
_NEVER: sa.ColumnElement[bool] = sa.false()
_NOTHING: sa.ColumnElement[str] = sa.literal("")

_TEXTS: dict[str, sa.ColumnElement[str]] = {
    "id": logs.c.id,
    "request_content_type": logs.c.request_content_type,
    "response_content_type": logs.c.response_content_type,
    "request_type": logs.c.request_type,
    "provider": logs.c.provider,
    "model": logs.c.model,
    "model_type": _NOTHING,  # not told apart yet
    "event_id": logs.c.event_id,
    "user_agent": logs.c.user_agent,
    "dlp_action": _NOTHING,  # nothing scans yet
}
_BOOLEANS: dict[str, Condition] = {
    "success": SUCCEEDED,
    "cached": logs.c.cached.is_(True),
    "authentication": logs.c.token_id.is_not(None),
    "compatibilityMode": logs.c.request_type == "Compat",
    # None of these can be switched on yet, so no log has them.
    "wholesale": _NEVER,
}
NUMBERS: dict[str, tuple[sa.ColumnElement[int], float]] = {
    "cost": (logs.c.cost_nano, 1e9),
    "tokens": (TOKENS, 1),
    "tokens_in": (logs.c.tokens_in, 1),
    "tokens_out": (logs.c.tokens_out, 1),
    "duration": (logs.c.duration_us, 1e3),
    "feedback": (logs.c.feedback, 1),
}
"""The column, and how many of its units are one of the API's."""
_PLAIN = re.compile(r"(?=.*[A-DF-Za-df-z_])[A-Za-z0-9_.:@ -]+")
_METADATA = ("metadata.key", "metadata.value")


def conditions(filters: Sequence[LogFilter]) -> list[Condition]:
    """InvalidInput, with the filter's number, for what cannot be asked of its key."""
    found: list[Condition] = []
    for number, one in enumerate(filters):
        try:
            if one.key not in _METADATA:
                found.append(_condition(one))
        except ValueError as error:
            raise InvalidInput(str(error), "query", "filters", str(number)) from error
    return found + _of_metadata([one for one in filters if one.key in _METADATA])


def has_status(status: str) -> Condition:
    """A status or a class of them: `404`, `4xx`."""
    if status[1:].lower() == "xx":
        first = int(status[0]) * 100
        return logs.c.status.between(first, first + 99)
    return logs.c.status == int(status)


def is_direct(filters: Sequence[LogFilter]) -> bool:
    """Whether an index leads straight to what fits, in the order of time."""
    return not filters or (
        len(filters) == 1
        and filters[0].operator == "eq"
        and filters[0].key in {"provider", "model"}
        and len(filters[0].value) == 1
    )


def _condition(one: LogFilter) -> Condition:
    if one.key == "created_at":
        return _any(one, _moment)
    if one.key in _BOOLEANS:
        return _any(one, lambda operator, value: _boolean(_BOOLEANS[one.key], operator, value))
    if one.key in NUMBERS:
        column, units = NUMBERS[one.key]
        return _any(one, lambda operator, value: _number(column, units, operator, value))
    return _any(one, lambda operator, value: _text(_TEXTS[one.key], operator, value))


def _any(one: LogFilter, compare: Callable[[Operator, Value], Condition]) -> Condition:
    """Any of the values; with `neq` none of them."""
    if one.operator == "neq":
        return sa.and_(*(sa.not_(compare("eq", value)) for value in one.value))
    return sa.or_(*(compare(one.operator, value) for value in one.value))


def _text(column: sa.ColumnElement[str], operator: Operator, value: Value) -> Condition:
    text = as_text(value)
    if operator == "contains":
        return column.icontains(text, autoescape=True)
    if operator == "eq":
        return column == text
    raise ValueError(f"`{operator}` is for numbers and dates: use eq, neq or contains")


def _boolean(holds: Condition, operator: Operator, value: Value) -> Condition:
    wanted = {"true": True, "false": False, "1": True, "0": False}.get(as_text(value).lower())
    if operator != "eq" or wanted is None:
        raise ValueError("this key is true or false: use eq or neq with one of them")
    return holds if wanted else sa.not_(holds)


def _number(column: sa.ColumnElement[int], units: float, operator: Operator, value: Value) -> Condition:
    if value is None or value == "":
        if operator != "eq":
            raise ValueError("null goes with eq and neq alone")
        return column.is_(None)
    number = as_number(value) * units
    if operator == "eq":
        # Written so that neq finds what is unknown, and an index of what is known fits.
        return sa.and_(column.is_not(None), column == scaled(number))
    if operator == "lt":
        return column < scaled(number)
    if operator == "gt":
        return column > scaled(number)
    raise ValueError("`contains` is for text: use eq, neq, lt or gt")


def as_number(value: Value) -> float:
    try:
        number = math.nan if isinstance(value, bool) or value is None else float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"`{as_text(value)}` is not a number")
    return number


def scaled(number: float) -> int | float:
    """Whole where it is: nano-USD and microseconds are integers, and a sum of floats would miss them by one."""
    if abs(number) >= _MOST_NANO:
        return math.copysign(_MOST_NANO, number)
    nearest = round(number)
    return nearest if math.isclose(number, nearest, rel_tol=1e-12, abs_tol=1e-9) else number


def _moment(operator: Operator, value: Value) -> Condition:
    ms = to_ms(as_text(value))
    if operator == "eq":
        return sa.and_(since(ms), until(ms))
    if operator == "lt":
        return until(ms - 1)
    if operator == "gt":
        return since(ms + 1)
    raise ValueError("`contains` is for text: use eq, neq, lt or gt")


def since(ms: int) -> Condition:
    """From this moment on. Ids sort by time, so their index finds the place."""
    return sa.and_(logs.c.id >= id_at(ms - _CLOCKS_APART_MS), logs.c.created_ms >= ms)


def until(ms: int) -> Condition:
    """Up to this moment, itself included."""
    return sa.and_(logs.c.id <= id_at(ms + _CLOCKS_APART_MS), logs.c.created_ms <= ms)


def id_at(ms: int) -> str:
    """The beginning of UUIDv7s of this millisecond."""
    digits = f"{min(max(ms, 0), _LONGEST_MS):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def to_ms(text: str) -> int:
    """ValueError for what is no RFC 3339 date; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"`{text}` is not a date: write it as 2026-01-31T12:00:00Z") from error


def _of_metadata(filters: Sequence[LogFilter]) -> list[Condition]:
    """A key and the value after it are of one entry; a key or a value alone is of any."""
    found: list[Condition] = []
    waiting: LogFilter | None = None
    for one in filters:
        if one.operator not in {"eq", "neq", "contains"}:
            raise InvalidInput("metadata is text: use eq, neq or contains", "query", "filters")
        if one.key == "metadata.key":
            found += [_entry(waiting, None)] if waiting is not None else []
            waiting = one
        else:
            found.append(_entry(waiting, one))
            waiting = None
    return found + ([_entry(waiting, None)] if waiting is not None else [])


def _entry(key: LogFilter | None, value: LogFilter | None) -> Condition:
    """Whether there is an entry with such a key and such a value; a `neq` of the value: of that key, another value."""
    is_not = [one for one in (key, value) if one is not None and one.operator == "neq"]
    text = sa.case((sa.func.json_valid(logs.c.metadata) == 1, logs.c.metadata), else_="{}")
    entries = sa.func.json_each(text).table_valued("key", "value", "type")
    held = sa.case((entries.c.type.in_(("true", "false")), entries.c.type), else_=sa.cast(entries.c.value, sa.Text))
    wanted = [
        sa.or_(*(_text(column, "contains" if one.operator == "contains" else "eq", item) for item in one.value))
        for column, one in ((entries.c.key, key), (held, value))
        if one is not None
    ]
    there = sa.exists(sa.select(1).select_from(entries).where(*wanted))
    if is_not:
        return sa.not_(there)
    return sa.and_(*(_hinted(one.value) for one in (key, value) if one is not None), there)


def _hinted(values: Sequence[Value]) -> Condition:
    """Whether the text is in the metadata at all: ten times cheaper than to take JSON apart.

    Only where JSON has one way to write it.
    """
    texts = [as_text(value) for value in values]
    if not all(_PLAIN.fullmatch(text) for text in texts):
        return sa.true()
    return sa.or_(*(sa.func.instr(sa.func.lower(logs.c.metadata), text.lower()) > 0 for text in texts))


def as_text(value: Value) -> str:
    """As JSON writes it, without quotes; null is nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


KEYS: tuple[str, ...] = get_args(Key)
