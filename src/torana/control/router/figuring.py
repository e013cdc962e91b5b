"""Facts put together: sums and rates by name and by time, chosen, ordered and cut. No database here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from torana.control.router.facts import Fact
from torana.control.router.money import usd
from torana.control.router.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterable


Granularity: TypeAlias = Literal["minute", "hour", "day", "week", "month"]
Operator: TypeAlias = Literal["eq", "neq", "in", "not_in", "gt", "gte", "lt", "lte"]
Shape: TypeAlias = Literal["number", "currency", "percent", "latency", "throughput"]
Value: TypeAlias = float | int | str
DATE = "date"


class Metric(Struct, frozen=True):
    """`of` makes it of the sum of facts; `needs_times`: sums of days do not know it."""

    label: str
    shape: Shape
    of: Callable[[Fact], float]
    is_rate: bool = False
    needs_times: bool = False


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


METRICS: dict[str, Metric] = {
    "request_count": Metric("Request Count", "number", lambda f: f.requests),
    "total_usage": Metric("Total Usage", "currency", lambda f: usd(f.cost_nano)),
    "byok_usage": Metric("BYOK Usage", "currency", lambda f: usd(f.byok_nano)),
    "tokens_total": Metric("Total Tokens", "number", lambda f: f.tokens_in + f.tokens_out),
    "tokens_prompt": Metric("Prompt Tokens", "number", lambda f: f.tokens_in),
    "tokens_completion": Metric("Completion Tokens", "number", lambda f: f.tokens_out),
    "reasoning_tokens": Metric("Reasoning Tokens", "number", lambda f: f.reasoning),
    "cached_tokens": Metric("Cached Tokens", "number", lambda f: f.cached),
    "cache_hit_rate": Metric("Cache Hit Rate", "percent", lambda f: _ratio(f.cached, f.tokens_in), is_rate=True),
    "avg_cost": Metric("Average Cost", "currency", lambda f: _ratio(usd(f.cost_nano), f.requests), is_rate=True),
    "avg_latency": Metric(
        "Average Latency", "latency", lambda f: _ratio(f.first_ms, f.timed), is_rate=True, needs_times=True
    ),
    "avg_generation_time": Metric(
        "Average Generation Time", "latency", lambda f: _ratio(f.total_ms, f.timed), is_rate=True, needs_times=True
    ),
    "avg_throughput": Metric(
        "Average Throughput",
        "throughput",
        lambda f: _ratio(f.tokens_out, f.total_ms / 1000),
        is_rate=True,
        needs_times=True,
    ),
}
"""Latencies are milliseconds, throughput is tokens a second."""


class Filter(Struct, frozen=True):
    field: str
    operator: Operator
    value: Value | list[Value]
    include_unset: bool = False
    """With `in` and `not_in`: those that have no such name too."""


class Plan(Struct, frozen=True, kw_only=True):
    metrics: Sequence[str]
    dimensions: Sequence[str] = ()
    granularity: Granularity | None = None
    filters: Sequence[Filter] = ()
    order_by: str = ""
    """A metric, a dimension or `date`; empty = by time, or else by the first metric."""
    is_descending: bool = True
    limit: int = 1000
    group_limit: int | None = None
    """Most rows of one combination of names."""


class Table(Struct, frozen=True):
    rows: list[dict[str, Value]]
    is_truncated: bool


def tabulate(facts: Iterable[Fact], plan: Plan) -> Table:
    groups: dict[tuple[str, ...], Fact] = {}
    for fact in facts:
        if not all(_passes(fact, one) for one in plan.filters):
            continue
        date = iso(bucket(fact.at_ms, plan.granularity)) if plan.granularity else ""
        key = (date, *(fact.names[name] for name in plan.dimensions))
        former = groups.get(key)
        if former is None:
            groups[key] = fact
        else:
            _add(former, fact)
    rows = _cut(_ordered(groups, plan), plan)
    return Table([_row(key, groups[key], plan) for key in rows[: plan.limit]], len(rows) > plan.limit)


def bucket(at_ms: int, granularity: Granularity) -> int:
    """When the period of a moment begins: UTC, weeks on Monday."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC).replace(second=0, microsecond=0)
    if granularity != "minute":
        moment = moment.replace(minute=0)
    if granularity in {"day", "week", "month"}:
        moment = moment.replace(hour=0)
    if granularity == "week":
        moment -= timedelta(days=moment.weekday())
    elif granularity == "month":
        moment = moment.replace(day=1)
    return int(moment.timestamp() * 1000)


def _add(to: Fact, fact: Fact) -> None:
    to.requests += fact.requests
    to.cost_nano += fact.cost_nano
    to.byok_nano += fact.byok_nano
    to.tokens_in += fact.tokens_in
    to.tokens_out += fact.tokens_out
    to.reasoning += fact.reasoning
    to.cached += fact.cached
    to.timed += fact.timed
    to.first_ms += fact.first_ms
    to.total_ms += fact.total_ms


def _passes(fact: Fact, one: Filter) -> bool:
    name = fact.names[one.field]
    values = [_text(each) for each in (one.value if isinstance(one.value, list) else [one.value])]
    match one.operator:
        case "eq" | "in":
            return name in values or (not name and one.include_unset)
        case "neq" | "not_in":
            return name not in values if name else one.operator == "neq" or one.include_unset
        case "gt":
            return name > values[0]
        case "gte":
            return name >= values[0]
        case "lt":
            return name < values[0]
        case "lte":
            return name <= values[0]


def _text(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _ordered(groups: dict[tuple[str, ...], Fact], plan: Plan) -> list[tuple[str, ...]]:
    keys = sorted(groups)
    field = plan.order_by or (DATE if plan.granularity else plan.metrics[0])
    if field in METRICS:
        of = METRICS[field].of
        return sorted(keys, key=lambda key: of(groups[key]), reverse=plan.is_descending)
    at = 0 if field == DATE else 1 + plan.dimensions.index(field)
    # Without a wish times go on, as they do on a chart.
    return sorted(keys, key=lambda key: key[at], reverse=plan.is_descending and bool(plan.order_by))


def _cut(keys: list[tuple[str, ...]], plan: Plan) -> list[tuple[str, ...]]:
    if plan.group_limit is None or not plan.dimensions:
        return keys
    seen: dict[tuple[str, ...], int] = {}
    kept = []
    for key in keys:
        seen[key[1:]] = seen.get(key[1:], 0) + 1
        if seen[key[1:]] <= plan.group_limit:
            kept.append(key)
    return kept


def _row(key: tuple[str, ...], fact: Fact, plan: Plan) -> dict[str, Value]:
    row: dict[str, Value] = {f"created_at__{plan.granularity}": key[0]} if plan.granularity else {}
    row |= dict(zip(plan.dimensions, key[1:], strict=True))
    return row | {name: METRICS[name].of(fact) for name in plan.metrics}
