"""In which blocks can a filter's logs be? No block with such a log fails these conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from torana.control.log_blocks import ANY, NULL, TEXTS, term_id
from torana.control.log_figures import may_have
from torana.control.log_filters import NUMBERS, LogFilter, as_number, as_text, scaled
from torana.storage.tables import log_block_terms, log_blocks, log_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from torana.control.log_filters import Condition, Value
    from torana.control.log_limits import Owner

_MOST_TERMS = 500
"""More terms than that are in most blocks: then all are looked at."""
_COLUMNS = {
    "cost": "cost_nano",
    "duration": "duration_us",
    "tokens_in": "tokens_in",
    "tokens_out": "tokens_out",
    "tokens": "tokens",
}
_COMPAT = "compatibilityMode"
_TRUTHS = ("success", "cached", "authentication")
_ENTRIES = ("metadata.key", "metadata.value")


def prunes(connection: Connection, owner: Owner, filters: Sequence[LogFilter]) -> list[Condition]:
    """Of filters that `log_filters.conditions` has taken; empty where a look at blocks would tell nothing."""
    found = [_prune(connection, owner, one) for one in filters]
    # What is not summed up may hold anything.
    return [sa.or_(log_blocks.c.is_summed.is_(False), one) for one in found if one is not None]


def _prune(connection: Connection, owner: Owner, one: LogFilter) -> Condition | None:
    if one.key in _COLUMNS:
        each = [_figure(owner, one, value) for value in one.value]
        return sa.and_(*each) if one.operator == "neq" else sa.or_(*each)
    if one.key in _TRUTHS or one.key == _COMPAT:
        return _truth(connection, owner, one)
    if one.key in TEXTS or (one.key in _ENTRIES and one.operator != "neq"):
        return _text(connection, owner, one)
    return None


def _figure(owner: Owner, one: LogFilter, value: Value) -> Condition:
    name, is_there = _COLUMNS[one.key], log_blocks.c[f"most_{_COLUMNS[one.key]}"].is_not(None)
    no_figure = _with(owner, name, [NULL])
    if value is None or value == "":
        return is_there if one.operator == "neq" else no_figure
    number = scaled(as_number(value) * NUMBERS[one.key][1])
    least, most = log_blocks.c[f"least_{name}"], log_blocks.c[f"most_{name}"]
    if one.operator == "lt":
        return least < number
    if one.operator == "gt":
        return most > number
    if one.operator == "neq":
        return sa.or_(least != number, most != number, no_figure)
    if not isinstance(number, int):
        return sa.false()  # all figures are whole in the store's units
    return sa.and_(least <= number, most >= number, may_have(name, number))


def _truth(connection: Connection, owner: Owner, one: LogFilter) -> Condition | None:
    """Several values are any of them, or none of them: then nothing is told."""
    if len(one.value) > 1:
        return None
    is_wanted = (as_text(one.value[0]).lower() in {"true", "1"}) != (one.operator == "neq")
    if one.key == _COMPAT:
        return _text(connection, owner, LogFilter("request_type", "eq" if is_wanted else "neq", ["Compat"]))
    return _with(owner, one.key, ["true" if is_wanted else "false"])


def _text(connection: Connection, owner: Owner, one: LogFilter) -> Condition | None:
    values = [as_text(value) for value in one.value]
    if one.operator == "eq":
        return _with(owner, one.key, values)
    terms = log_terms.c
    fits = (
        sa.and_(*(terms.value != value for value in values))
        if one.operator == "neq"
        else sa.or_(*(terms.value.icontains(value, autoescape=True) for value in values))
    )
    own = (terms.account_id == owner[0], terms.gateway_id == owner[1], terms.key == one.key)
    numbers = connection.execute(sa.select(terms.id).where(*own, fits).limit(_MOST_TERMS)).scalars().all()
    if len(numbers) == _MOST_TERMS:
        return None
    return _in(list(numbers) + [term_id(owner, (one.key, ANY))] * (one.key == "metadata.value"))


def _with(owner: Owner, key: str, values: Sequence[str]) -> Condition:
    any_value = [ANY] if key == "metadata.value" else []
    return _in([term_id(owner, (key, value)) for value in (*values, *any_value)])


def _in(numbers: Sequence[int]) -> Condition:
    blocks = sa.select(log_block_terms.c.block_id).where(log_block_terms.c.term_id.in_(numbers))
    return log_blocks.c.id.in_(blocks)
