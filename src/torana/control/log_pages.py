"""Pages of logs for the management API: quick in a million rows, however few fit.

A page is found in an index alone and its rows are fetched afterwards. Totals are exact where that is cheap; else they
are a number of logs that are there at least (docs/compatibility.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import sqlalchemy as sa
from msgspec import Struct

from torana.control.log_filters import NUMBERS, SUCCEEDED, Condition, LogFilter, is_direct
from torana.control.log_limits import count_of
from torana.control.log_prunes import prunes
from torana.storage.tables import log_blocks, logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

LogRow: TypeAlias = "Row[tuple[object, ...]]"
Direction: TypeAlias = Literal["asc", "desc"]

MOST_COUNTED = 10_000
"""Logs that an index leads to are counted up to here; of others so many of the newest are looked at."""

_ORDERS: dict[str, list[sa.ColumnElement[bool] | sa.ColumnElement[str] | sa.ColumnElement[int]]] = {
    "created_at": [],
    "provider": [logs.c.provider],
    "model": [logs.c.model],
    "model_type": [],
    "success": [SUCCEEDED],
    "cached": [logs.c.cached],
    **{name: [column] for name, (column, _) in NUMBERS.items()},
}


class Place(Struct, frozen=True):
    """Whose logs."""

    account_id: str
    gateway_id: str


class Cut(Struct, frozen=True):
    """Which of them, in which order."""

    wanted: list[Condition]
    filters: list[LogFilter]
    order_by: str = "created_at"
    direction: Direction = "desc"
    first: int = 0
    count: int = 20


class Bounds(Struct, frozen=True):
    """Least and most of some figures, in the store's units; None where no log has them."""

    cost: tuple[int | None, int | None]
    duration: tuple[int | None, int | None]
    tokens_in: tuple[int | None, int | None]
    tokens_out: tuple[int | None, int | None]
    total_tokens: tuple[int | None, int | None]


def find_page(connection: Connection, place: Place, cut: Cut) -> list[LogRow]:
    numbers = choose(connection, place, cut)
    rows = connection.execute(sa.select(logs).where(logs.c.seq.in_(numbers)))
    by_number = {row.seq: row for row in rows}
    return [by_number[number] for number in numbers]


def choose(connection: Connection, place: Place, cut: Cut) -> Sequence[int]:
    """The `seq` of the logs of a page, in its order."""
    return connection.execute(chosen(place, cut, pruned_by(connection, place, cut.filters))).scalars().all()


def pruned_by(connection: Connection, place: Place, filters: list[LogFilter]) -> list[Condition]:
    """Conditions on blocks of logs; none where an index leads straight to what fits."""
    return [] if is_direct(filters) else prunes(connection, (place.account_id, place.gateway_id), filters)


def chosen(place: Place, cut: Cut, pruned: list[Condition]) -> sa.Select[int]:
    """`pruned` are conditions on blocks; a walk goes through the blocks that are left, in the order of time."""
    by = [*_ORDERS[cut.order_by], logs.c.id]
    found = sa.select(logs.c.seq)
    if pruned:
        blocks = log_blocks.c
        # The function hides the column from the planner, which might begin with the logs.
        within = (logs.c.id >= sa.func.coalesce(blocks.first_id, ""), logs.c.id < sa.func.coalesce(blocks.end_id, ""))
        own = (blocks.account_id == place.account_id, blocks.gateway_id == place.gateway_id)
        found = found.select_from(sa.join(log_blocks, logs, sa.and_(*within))).where(*own, *pruned)
        by = by if cut.order_by != "created_at" else [blocks.first_id, logs.c.id]
    order = [column.asc() if cut.direction == "asc" else column.desc() for column in by]
    found = found.where(*_in(place, cut.filters), *cut.wanted)
    return found.order_by(*order).limit(cut.count).offset(cut.first)


def count(connection: Connection, place: Place, cut: Cut, found: int, most: int = MOST_COUNTED) -> tuple[int, bool]:
    """How many logs there are, and whether exactly so many; `found` = on the page that was found."""
    if found and found < cut.count:
        return cut.first + found, True
    if not found and not cut.first:
        return 0, True
    least = cut.first + found if found else 0
    if not cut.wanted:
        return max(count_of(connection, (place.account_id, place.gateway_id)), least), True
    if is_direct(cut.filters) and len(cut.wanted) == len(cut.filters):
        looked_at = sa.select(sa.literal(1)).where(*_in(place, cut.filters), *cut.wanted).limit(most + 1)
        total = connection.execute(sa.select(sa.func.count()).select_from(looked_at.subquery())).scalar_one()
        return max(min(total, most), least), total <= most
    newest = sa.select(logs.c.seq).where(*_in(place, cut.filters)).order_by(logs.c.id.desc()).limit(most + 1)
    looked_at_all = newest.cte("newest")
    fits = sa.func.count().filter(sa.and_(*cut.wanted)) if cut.wanted else sa.func.count()
    counted = sa.select(fits, sa.func.count()).select_from(looked_at_all.join(logs, logs.c.seq == looked_at_all.c.seq))
    total, looked_at_count = connection.execute(counted).one()
    return max(total, least), looked_at_count <= most


def find_bounds(connection: Connection, place: Place, cut: Cut) -> Bounds:
    """Looks at all logs that fit; for who asks for it."""
    names = {"cost": "cost", "duration": "duration", "tokens_in": "tokens_in", "tokens_out": "tokens_out"}
    columns = [NUMBERS[name][0] for name in (*names, "tokens")]
    both = [function(column) for column in columns for function in (sa.func.min, sa.func.max)]
    row = connection.execute(sa.select(*both).where(*_in(place, cut.filters), *cut.wanted)).one()
    pairs = [(row[at], row[at + 1]) for at in range(0, len(both), 2)]
    return Bounds(*pairs)


def _in(place: Place, filters: list[LogFilter]) -> list[Condition]:
    if any(one.key in {"event_id", "id"} and one.operator == "eq" for one in filters):
        # Hidden from the planner: without statistics it would take an index of theirs over the one that finds a log.
        return [
            sa.func.coalesce(logs.c.account_id, "") == place.account_id,
            sa.func.coalesce(logs.c.gateway_id, "") == place.gateway_id,
        ]
    return [logs.c.account_id == place.account_id, logs.c.gateway_id == place.gateway_id]
