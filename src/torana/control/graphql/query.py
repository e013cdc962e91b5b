"""Reads one dataset: groups by what is selected, filtered, ordered and cut."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa
from msgspec import Struct

from torana.control.analytics.query import MOST_GROUPS, spans
from torana.control.analytics.rollups import MINUTE_MS
from torana.control.graphql.datasets import STEPS_MS
from torana.control.graphql.filters import BadFilter, Given, compile_filter, fields_of, read_span, shown
from torana.storage.sql import time_limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from torana.control.graphql.datasets import Dataset, Expression, Table
    from torana.control.graphql.filters import Span

MOST_ROWS = 10_000
_SCALES = {"durationMs": 1_000, "cost": 1e9}
Row: TypeAlias = dict[str, object]
Select: TypeAlias = sa.Select[Any]


class Wish(Struct, frozen=True, kw_only=True):
    """One field of a query, as it was selected."""

    account_id: str
    gateways: list[str] | None
    """None = all."""
    dimensions: list[str]
    figures: list[str]
    """Of its sums or maxima."""
    filter: Given = {}
    order_by: list[str] = []
    """Such as `datetimeHour_ASC`, `count_DESC`, `sum_cost_DESC`."""
    limit: int = 100


def read(connection: Connection, dataset: Dataset, wish: Wish, seconds: float) -> list[Row]:
    """Rows in the shape of the schema; BadFilter or QueryTookTooLong where there is no answer."""
    orders = [_order(one) for one in wish.order_by]
    # Ordered by, but not selected: the groups are finer then, as Cloudflare's are.
    groups = list(dict.fromkeys([*wish.dimensions, *(name for name, _ in orders if name in dataset.dimensions)]))
    figures = list(dict.fromkeys([*wish.figures, *(n for n, _ in orders if n in dataset.sums or n in dataset.maxima)]))
    merged: dict[tuple[object, ...], list[Any]] = {}
    for selected in _selects(dataset, wish, groups, figures):
        with time_limit(connection, seconds):
            found = connection.execute(selected).all()
        if len(found) > MOST_GROUPS:
            raise BadFilter(f"there are more than {MOST_GROUPS} groups: select fewer dimensions, or filter more")
        for row in found:
            group, counted = tuple(row[: len(groups)]), list(row[len(groups) :])
            known = merged.get(group)
            merged[group] = counted if known is None else [*map(add, known, counted)]
    rows = [(dict(zip(groups, group, strict=True)), *_split(figures, counted)) for group, counted in merged.items()]
    rows.sort(key=lambda row: [str(value) for value in row[0].values()])
    for name, is_descending in reversed(orders):
        rows.sort(key=lambda row: _key(name, row), reverse=is_descending)  # used at once
    return [_shown(dataset, wish, *row) for row in rows[: min(wish.limit, MOST_ROWS)]]


def _split(figures: list[str], counted: list[Any]) -> tuple[int, dict[str, Any]]:
    return int(counted[0]), dict(zip(figures, counted[1:], strict=True))


def _key(name: str, row: tuple[dict[str, Any], int, dict[str, Any]]) -> Any:
    labels, count, figures = row
    return count if name == "count" else labels[name] if name in labels else figures[name]


def _order(one: str) -> tuple[str, bool]:
    name, _, direction = one.rpartition("_")
    return name.removeprefix("sum_").removeprefix("max_"), direction == "DESC"


def _selects(dataset: Dataset, wish: Wish, groups: list[str], figures: list[str]) -> Iterator[Select]:
    named = {*groups, *fields_of(wish.filter)} - {"datetime"}
    span = read_span(wish.filter)
    rest = dict(_unique(span.rest))
    left_over = set(fields_of(rest)) | set(groups)
    if dataset.logs is not None and (not named <= dataset.minutes.dimensions.keys() or "datetime" in left_over):
        yield _select(dataset.logs, wish, groups, figures, [*_within(dataset.logs, span.since_ms, span.until_ms)], rest)
        return
    if dataset.hours is None:
        yield _select(dataset.minutes, wish, groups, figures, [], rest)
        return
    for table, start, end in _parts(dataset, span, left_over):
        yield _select(table, wish, groups, figures, [*_within(table, start, end)], rest)


def _parts(dataset: Dataset, span: Span, named: set[str]) -> Iterator[tuple[Table, int, int]]:
    """Whole hours from their own table, unless smaller spans are named."""
    since = span.since_ms - span.since_ms % MINUTE_MS
    until = -(-span.until_ms // MINUTE_MS) * MINUTE_MS
    if since >= until:
        return
    is_fine = any(STEPS_MS.get(name, STEPS_MS["date"]) < STEPS_MS["datetimeHour"] for name in named)
    for is_hours, start, end in spans(since, until, "minute" if is_fine else "hour"):
        yield dataset.hours if is_hours and dataset.hours is not None else dataset.minutes, start, end


def _unique(items: Sequence[tuple[str, object]]) -> Iterator[tuple[str, object]]:
    """A filter and its `AND` may name a field twice: those go into an `AND` of their own."""
    seen: set[str] = set()
    more: list[Row] = []
    for key, value in items:
        if key in seen or key == "AND":
            more += value if key == "AND" and isinstance(value, list) else [{key: value}]
        else:
            seen.add(key)
            yield key, value
    if more:
        yield "AND", more


def _within(table: Table, since_ms: int, until_ms: int) -> Iterator[sa.ColumnElement[bool]]:
    yield table.moment >= since_ms
    yield table.moment < until_ms


def _select(
    table: Table,
    wish: Wish,
    groups: list[str],
    figures: list[str],
    within: list[sa.ColumnElement[bool]],
    rest: Given,
) -> Select:
    by = [table.dimensions[name].column for name in groups]
    sums: list[Expression] = [table.count, *(table.sums[name] for name in figures)]
    wanted = [table.account == wish.account_id, *table.wanted, *within, *compile_filter(table, rest)]
    if wish.gateways is not None:
        wanted.append(table.gateway.in_(wish.gateways))
    return (
        sa.select(*by, *sums)
        .select_from(table.of)
        .where(*wanted)
        .group_by(*by or [table.account])
        .limit(MOST_GROUPS + 1)
    )


def _shown(dataset: Dataset, wish: Wish, labels: dict[str, Any], count: int, figures: dict[str, Any]) -> Row:
    kinds = dataset.dimensions
    known = {name: figures[name] / _SCALES[name] if name in _SCALES else figures[name] for name in wish.figures}
    if "durationMs" in known:
        known["durationMs"] = round(known["durationMs"])
    return {
        "count": count,
        "sum": known,
        "max": known,
        "avg": {"sampleInterval": 1.0},
        "dimensions": {name: shown(name, kinds[name], labels[name]) for name in wish.dimensions},
    }
