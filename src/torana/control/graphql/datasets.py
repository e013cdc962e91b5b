"""The datasets of AI Gateway and what each of them knows, as SQL (cloudflare.md 8.4).

Dimensions that the sums by the minute have are read there; what only a log knows (`datetime`, `userAgent`, …) is read
from the logs, as far as they are still kept.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import sqlalchemy as sa
from msgspec import Struct

from torana.control.analytics.rollups import HOUR_MS, MINUTE_MS
from torana.control.log_filters import FIRST_FAILURE
from torana.storage.tables import gateways, logs, request_hours, request_minutes

if TYPE_CHECKING:
    from collections.abc import Callable

Expression: TypeAlias = sa.ColumnElement[Any]
Kind: TypeAlias = Literal["string", "uint8", "uint16", "uint64", "float64", "Time", "Date"]

DAY_MS = 24 * HOUR_MS
STEPS_MS = {
    "datetimeMinute": MINUTE_MS,
    "datetimeFiveMinutes": 5 * MINUTE_MS,
    "datetimeFifteenMinutes": 15 * MINUTE_MS,
    "datetimeHour": HOUR_MS,
    "date": DAY_MS,
}
"""Dimensions of time; `datetime` is the moment itself."""


class Field(Struct, frozen=True):
    """A dimension: of its type in the schema, and as SQL of one table."""

    kind: Kind
    column: Expression


class Table(Struct, frozen=True):
    """One table that a dataset can be read from."""

    of: sa.FromClause
    account: Expression
    gateway: Expression
    moment: Expression
    dimensions: dict[str, Field]
    count: Expression
    sums: dict[str, Expression]
    wanted: tuple[sa.ColumnElement[bool], ...] = ()


class Dataset(Struct, frozen=True):
    """`tables` from the quickest to the one that knows most; hours are for spans of whole hours."""

    name: str
    description: str
    minutes: Table
    hours: Table | None = None
    logs: Table | None = None
    has_count: bool = True
    sums: dict[str, Kind] = {}
    maxima: dict[str, Kind] = {}

    @property
    def dimensions(self) -> dict[str, Kind]:
        """All of them, with their types."""
        table = self.logs or self.minutes
        return {name: field.kind for name, field in sorted(table.dimensions.items())}


_SUMS: dict[str, Kind] = {
    "cachedRequests": "uint64",
    "erroredRequests": "uint64",
    "cachedTokensIn": "uint64",
    "cachedTokensOut": "uint64",
    "uncachedTokensIn": "uint64",
    "uncachedTokensOut": "uint64",
    "tokensIn": "uint64",
    "tokensOut": "uint64",
    "durationMs": "uint64",
    "cost": "float64",
}


def _times(moment: Expression) -> dict[str, Field]:
    return {
        name: Field("Date" if name == "date" else "Time", moment - moment % step) for name, step in STEPS_MS.items()
    }


def _sum(counted: Expression) -> Expression:
    return sa.func.coalesce(sa.func.sum(counted), 0)


def _sums(requests: Expression, cached: Expression, is_error: Expression, c: Any) -> dict[str, Expression]:
    def where(holds: Expression, counted: Expression) -> Expression:
        return _sum(sa.case((holds, counted), else_=0))

    return {
        "cachedRequests": where(cached, requests),
        "erroredRequests": where(is_error, requests),
        "cachedTokensIn": where(cached, c.tokens_in),
        "cachedTokensOut": where(cached, c.tokens_out),
        "uncachedTokensIn": where(sa.not_(cached), c.tokens_in),
        "uncachedTokensOut": where(sa.not_(cached), c.tokens_out),
        "tokensIn": _sum(c.tokens_in),
        "tokensOut": _sum(c.tokens_out),
        "durationMs": _sum(c.duration_us),
        "cost": _sum(c.cost_nano),
    }


def _flag(holds: Expression) -> Field:
    return Field("uint8", sa.case((holds, 1), else_=0))


def _status(cached: Expression) -> Field:
    return Field("string", sa.case((cached, "HIT"), else_="MISS"))


def _of_sums(table: sa.Table) -> Table:
    c = table.c
    cached, is_error = c.cached.is_(True), c.is_error.is_(True)
    dimensions = {
        **_times(c.start_ms),
        "gateway": Field("string", c.gateway_id),
        "provider": Field("string", c.provider),
        "model": Field("string", c.model),
        "statusCode": Field("uint16", c.status),
        "cached": _flag(cached),
        "error": _flag(is_error),
        "rateLimited": _flag(c.is_rate_limited.is_(True)),
        "wholesale": Field("uint8", sa.literal(0) + c.status * 0),
        "cacheStatus": _status(cached),
        "cacheOp": _status(cached),
    }
    sums = _sums(c.requests, cached, is_error, c)
    return Table(table, c.account_id, c.gateway_id, c.start_ms, dimensions, _sum(c.requests), sums)


def _of_logs() -> Table:
    c = logs.c
    cached = c.cached.is_(True)
    is_error = sa.or_(c.status >= FIRST_FAILURE, c.is_broken.is_(True))
    limited = sa.and_(c.status == 429, c.attempts == "[]")  # noqa: PLR2004  # as the sums have it
    dimensions = {
        **_times(c.created_ms),
        "datetime": Field("Time", c.created_ms),
        "gateway": Field("string", c.gateway_id),
        "provider": Field("string", c.provider),
        "model": Field("string", c.model),
        "statusCode": Field("uint16", c.status),
        "cached": _flag(cached),
        "error": _flag(is_error),
        "rateLimited": _flag(limited),
        "wholesale": Field("uint8", sa.literal(0) + c.status * 0),
        "cacheStatus": _status(cached),
        "cacheOp": _status(cached),
        "durationMs": Field("uint64", c.duration_us / 1000),
        "cost": Field("float64", sa.func.coalesce(c.cost_nano, 0) / 1e9),
        "tokensIn": Field("uint64", sa.func.coalesce(c.tokens_in, 0)),
        "tokensOut": Field("uint64", sa.func.coalesce(c.tokens_out, 0)),
        "userAgent": Field("string", c.user_agent),
        "metadataRaw": Field("string", c.metadata),
    }
    one = sa.literal(1)
    return Table(
        logs, c.account_id, c.gateway_id, c.created_ms, dimensions, sa.func.count(), _sums(one, cached, is_error, c)
    )


def _only(table: Table, holds: sa.ColumnElement[bool]) -> Table:
    return Table(
        table.of, table.account, table.gateway, table.moment, table.dimensions, table.count, table.sums, (holds,)
    )


def _of_size(now_ms: Callable[[], int]) -> Table:
    """How many logs each gateway has now."""
    limit = sa.func.coalesce(sa.cast(gateways.c.settings, sa.JSON)["log_management"].as_integer(), 0)
    kept = (
        sa.select(sa.func.count())
        .where(logs.c.account_id == gateways.c.account_id, logs.c.gateway_id == gateways.c.id)
        .scalar_subquery()
    )
    now = sa.bindparam("now_ms", callable_=now_ms, type_=sa.BigInteger())
    sized = sa.select(
        gateways.c.account_id, gateways.c.id, limit.label("log_management"), kept.label("rows"), now.label("now_ms")
    ).subquery("sized")
    c = sized.c
    dimensions = {
        **_times(c.now_ms),
        "datetime": Field("Time", c.now_ms),
        "gateway": Field("string", c.id),
        "logManagement": Field("uint64", c.log_management),
    }
    maxima: dict[str, Expression] = {"rows": sa.func.coalesce(sa.func.max(c.rows), 0)}
    return Table(sized, c.account_id, c.id, c.now_ms, dimensions, sa.func.count(), maxima)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


_MINUTES, _HOURS, _LOGS = _of_sums(request_minutes), _of_sums(request_hours), _of_logs()
_FAILED = _LOGS.dimensions["error"].column == 1

DATASETS: tuple[Dataset, ...] = (
    Dataset("aiGatewayRequestsAdaptiveGroups", "Requests of the gateways.", _MINUTES, _HOURS, _LOGS, sums=_SUMS),
    Dataset(
        "aiGatewayErrorsAdaptiveGroups",
        "Requests that failed.",
        _only(_MINUTES, request_minutes.c.is_error.is_(True)),
        _only(_HOURS, request_hours.c.is_error.is_(True)),
        _only(_LOGS, _FAILED),
    ),
    Dataset(
        "aiGatewayCacheAdaptiveGroups", "Requests by what the gateway's cache said to them.", _MINUTES, _HOURS, _LOGS
    ),
    Dataset(
        "aiGatewaySizeAdaptiveGroups",
        "Logs that are kept now.",
        _of_size(_now_ms),
        has_count=False,
        maxima={"rows": "uint64"},
    ),
)
