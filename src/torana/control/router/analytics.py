"""Questions about what was used, and what may be asked (openrouter.md 1.3)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from msgspec import Meta, Struct

from torana.control.operations import reading
from torana.control.router.facts import BY_DAY, BY_GENERATION, Span, count_generations, of_days, of_generations
from torana.control.router.figuring import DATE, METRICS, Filter, Granularity, Operator, Plan, Value, tabulate
from torana.control.router.key_rows import find_record
from torana.control.router.operation import Asked, Data, Operation, of
from torana.control.router.refusals import BadRequest, TookTooLong
from torana.control.router.times import ms_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from torana.control.management.operation import Site

_DAY_MS = 86_400_000
_USUAL_MS = 7 * _DAY_MS
_LONGEST_MS = 366 * _DAY_MS
_FINE_MS = 31 * _DAY_MS
"""Single generations are looked at for no longer than this."""
_MOST_GENERATIONS = 200_000
_SETS: frozenset[Operator] = frozenset({"in", "not_in"})
_DAILY = frozenset({"day", "week", "month"})
Names = Annotated[list[str], Meta(max_length=20)]


class TimeRange(Struct):
    """UTC, with seconds."""

    start: str
    end: str


class OrderBy(Struct):
    field: str
    direction: Literal["asc", "desc"] = "desc"


class Wanted(Struct):
    field: str
    operator: Operator
    value: Value | Annotated[list[Value], Meta(max_length=1000)]
    include_unset: bool = False


class Question(Struct, kw_only=True):
    metrics: Annotated[list[str], Meta(min_length=1, max_length=20)]
    dimensions: Names = []
    filters: Annotated[list[Wanted], Meta(max_length=20)] = []
    granularity: Granularity | None = None
    group_limit: Annotated[int, Meta(ge=1)] | None = None
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    order_by: OrderBy | None = None
    time_range: TimeRange | None = None
    classifier_dimensions: object = None
    classifier_filters: object = None


def describe(_site: Site, _asked: Asked) -> Data:
    metrics = [
        {"name": name, "display_label": one.label, "is_rate": one.is_rate, "display_format": one.shape}
        for name, one in METRICS.items()
    ]
    dimensions = [{"name": name, "display_label": _label(name)} for name in BY_GENERATION]
    operators = [{"name": name, "value_type": "array" if name in _SETS else "scalar"} for name in get_args(Operator)]
    granularities = [{"name": name, "display_label": _label(name)} for name in get_args(Granularity)]
    return Data({"metrics": metrics, "dimensions": dimensions, "operators": operators, "granularities": granularities})


def answer(site: Site, asked: Asked) -> Data:
    """BadRequest; TookTooLong where it would be."""
    began = time.perf_counter()
    question = of(asked.body, Question)
    span = _span(question, site.store.now_ms())
    plan = _plan(question)
    fine = _is_fine(question, span)
    site.bring_in()
    account_id = asked.key.account_id
    if fine and count_generations(site.store, account_id, span) > _MOST_GENERATIONS:
        raise TookTooLong("There are too many generations in this time range: narrow it, or ask by the day")
    table = tabulate((of_generations if fine else of_days)(site.store, account_id, span), plan)
    took_ms = round((time.perf_counter() - began) * 1000, 3)
    found: dict[str, object] = {
        "data": table.rows,
        "metadata": {"query_time_ms": took_ms, "row_count": len(table.rows), "truncated": table.is_truncated},
    }
    warnings = _warnings(site, asked, question, None if fine else span)
    return Data(found | ({"warnings": warnings} if warnings else {}))


def _span(question: Question, now_ms: int) -> Span:
    if question.time_range is None:
        return Span(now_ms - _USUAL_MS, now_ms)
    try:
        span = Span(ms_of(question.time_range.start), ms_of(question.time_range.end))
    except ValueError as error:
        raise BadRequest(f"`time_range`: {error}") from error
    if not 0 < span.end_ms - span.start_ms <= _LONGEST_MS:
        raise BadRequest("`time_range` begins before it ends, and is no longer than a year")
    return span


def _plan(question: Question) -> Plan:
    if question.classifier_dimensions is not None or question.classifier_filters is not None:
        raise BadRequest("`classifier_dimensions` and `classifier_filters`: there are no classifiers here")
    _check("metrics", question.metrics, METRICS)
    _check("dimensions", question.dimensions, BY_GENERATION)
    _check("filters", [one.field for one in question.filters], BY_GENERATION)
    for one in question.filters:
        if isinstance(one.value, list) is not (one.operator in _SETS):
            raise BadRequest(f"`filters`: `{one.operator}` takes {'a list' if one.operator in _SETS else 'one value'}")
    order = question.order_by
    if order is not None:
        known = {*question.metrics, *question.dimensions, "request_count", *([DATE] if question.granularity else ())}
        _check("order_by", [order.field], known)
    return Plan(
        metrics=question.metrics,
        dimensions=question.dimensions,
        granularity=question.granularity,
        filters=[Filter(one.field, one.operator, one.value, one.include_unset) for one in question.filters],
        order_by=order.field if order is not None else "",
        is_descending=order is None or order.direction == "desc",
        limit=question.limit,
        group_limit=question.group_limit,
    )


def _is_fine(question: Question, span: Span) -> bool:
    """Whether single generations have to be looked at. BadRequest where the range is too long for that."""
    names = {*question.dimensions, *(one.field for one in question.filters)}
    needs = question.granularity in {"minute", "hour"} or not names <= {*BY_DAY}
    needs = needs or any(METRICS[name].needs_times for name in question.metrics)
    is_short = span.end_ms - span.start_ms <= _FINE_MS
    if needs and not is_short:
        raise BadRequest("`time_range` is at most 31 days for what is asked: sums of days do not know it")
    return needs or (question.granularity not in _DAILY and is_short)


def _check(where: str, names: Iterable[str], known: Container[str]) -> None:
    for name in names:
        if name not in known:
            raise BadRequest(f"`{where}`: `{name[:64]}` is not known here; GET /api/v1/analytics/meta lists what is")


def _warnings(site: Site, asked: Asked, question: Question, days: Span | None) -> list[str]:
    found = []
    if days is not None and (days.start_ms % _DAY_MS or days.end_ms % _DAY_MS):
        found.append("days are counted whole, the first and the last one too")
    hashes = [one.value for one in question.filters if one.field == "api_key_id"]
    with reading(site.store) as connection:
        for hash_ in (each for value in hashes for each in (value if isinstance(value, list) else [value])):
            key = find_record(connection, str(hash_))
            if key is None or key.account_id != asked.key.account_id:
                found.append(f"api_key_id `{str(hash_)[:64]}` is no key of this account")
    return found


def _label(name: str) -> str:
    return " ".join(word.upper() if word in {"api", "id"} else word.capitalize() for word in name.split("_"))


OPERATIONS = (
    Operation(name="get_analytics_meta", method="GET", path="/analytics/meta", access="management", answer=describe),
    Operation(
        name="query_analytics",
        method="POST",
        path="/analytics/query",
        access="management",
        answer=answer,
        body=Question,
        is_question=True,
    ),
)
