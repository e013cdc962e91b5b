"""Operations on what was served: Torana's own, in the manner of Cloudflare's API."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from msgspec import Meta, Struct

from torana.control.analytics.query import MOST_ROWS, Question, answer, read_span
from torana.control.analytics.shapes import DIMENSIONS, METRICS, Answer, Dimension, Filter, Granularity, Metric
from torana.control.log_filters import Text
from torana.control.management.operation import Asked, One, Operation, Site, of
from torana.control.operations import find_gateway
from torana.control.refusals import InvalidInput

_LIST = r"^[a-z0-9_.]+(,[a-z0-9_.]+)*$"
_DEFAULT: tuple[Metric, ...] = ("requests", "errors", "cached", "tokens_in", "tokens_out", "cost", "duration_avg")
Limit = Annotated[int, Meta(ge=1, le=MOST_ROWS)]
Moment = Annotated[str, Meta(max_length=64)]
N = TypeVar("N", bound=str)


class _Asked(Struct, kw_only=True, forbid_unknown_fields=True):
    since: Moment | None = None
    """RFC 3339; without it a day before `until`."""
    until: Moment | None = None
    """RFC 3339, not included; without it now."""
    granularity: Granularity = "all"
    """The span of time that a row is for; days are those of UTC."""
    filters: Annotated[list[Filter], Meta(max_length=20)] = []
    order_by: Text | None = None
    """`time`, or one of the metrics and dimensions asked for."""
    order_by_direction: Literal["asc", "desc"] = "desc"
    limit: Limit = 1_000


class AnalyticsQuery(_Asked, kw_only=True, forbid_unknown_fields=True):
    """In a query string: lists are names with commas between them."""

    metrics: Annotated[str, Meta(pattern=_LIST, max_length=1024)] = ",".join(_DEFAULT)
    dimensions: Annotated[str, Meta(pattern=_LIST, max_length=1024)] | None = None


class AnalyticsQuestion(_Asked, kw_only=True, forbid_unknown_fields=True):
    """The same as a body."""

    metrics: Annotated[list[Metric], Meta(max_length=len(METRICS))] = []
    """None named: the usual ones."""
    dimensions: Annotated[list[Dimension], Meta(max_length=8)] = []


def get_analytics(site: Site, asked: Asked) -> One[Answer]:
    return _answer(site, asked, from_query(of(asked.query, AnalyticsQuery)), "query")


def ask_analytics(site: Site, asked: Asked) -> One[Answer]:
    return _answer(site, asked, of(asked.body, AnalyticsQuestion), "body")


def ask(site: Site, account_id: str, gateways: list[str] | None, query: AnalyticsQuery) -> One[Answer]:
    """For who needs no token; `gateways` None = all."""
    question = to_question(account_id, gateways, from_query(query), site.store.now_ms(), "query")
    return _found(site, question, "query")


def from_query(query: AnalyticsQuery) -> AnalyticsQuestion:
    """InvalidInput for a name that is none."""
    fields = {name: getattr(query, name) for name in query.__struct_fields__}
    metrics = _names(query.metrics, METRICS, "metrics")
    dimensions = _names(query.dimensions, DIMENSIONS, "dimensions")
    return AnalyticsQuestion(**fields | {"metrics": metrics, "dimensions": dimensions})


def to_question(
    account_id: str, gateways: list[str] | None, given: AnalyticsQuestion, now_ms: int, where: str
) -> Question:
    """InvalidInput for a span that is none; `where` names the question's place in a call."""
    since_ms, until_ms = read_span(given.since, given.until, now_ms, where)
    return Question(
        account_id=account_id,
        gateways=gateways,
        metrics=list(dict.fromkeys(given.metrics or _DEFAULT)),
        dimensions=list(dict.fromkeys(given.dimensions)),
        since_ms=since_ms,
        until_ms=until_ms,
        granularity=given.granularity,
        filters=given.filters,
        order_by=given.order_by or "",
        is_descending=given.order_by_direction == "desc",
        limit=given.limit,
    )


def _answer(site: Site, asked: Asked, given: AnalyticsQuestion, where: str) -> One[Answer]:
    gateways = asked.token.gateways
    if "gateway_id" in asked.path:
        gateways = [find_gateway(site.store, asked.path["account_id"], asked.path["gateway_id"]).config.id]
    question = to_question(asked.path["account_id"], gateways, given, site.store.now_ms(), where)
    return _found(site, question, where)


def _found(site: Site, question: Question, where: str) -> One[Answer]:
    site.bring_in()
    with site.store.database.reader.connect() as connection:
        return One(result=answer(connection, question, where))


def _names(text: str | None, known: tuple[N, ...], field: str) -> list[N]:
    by_name = {str(one): one for one in known}
    names = text.split(",") if text else []
    for name in names:
        if name not in by_name:
            raise InvalidInput(f"`{name}` is not one of the {field}: {', '.join(known)}", "query", field)
    return [by_name[name] for name in names]


_ACCOUNT = "/accounts/{account_id}/ai-gateway/analytics"
_GATEWAY = "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/analytics"


def _operations(path: str, suffix: str, whose: str, refusals: tuple[int, ...]) -> tuple[Operation, ...]:
    return (
        Operation(
            name=f"get_{suffix}analytics",
            method="GET",
            path=path,
            summary=f"Sum what was served{whose}: metrics by dimension and span of time.",
            tag="Analytics",
            permission="read_metadata",
            answer=get_analytics,
            query=AnalyticsQuery,
            result=One[Answer],
            refusals=refusals,
        ),
        Operation(
            name=f"ask_{suffix}analytics",
            method="POST",
            path=path,
            summary=f"The same{whose}, asked with a body.",
            tag="Analytics",
            permission="read_metadata",
            answer=ask_analytics,
            body=AnalyticsQuestion,
            result=One[Answer],
            refusals=(*refusals, 413),
        ),
    )


OPERATIONS = (
    *_operations(_ACCOUNT, "", "", ()),
    *_operations(_GATEWAY, "gateway_", " by one gateway", (404,)),
)
