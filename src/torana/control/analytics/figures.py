"""What can be asked of what was served: metrics and dimensions, as SQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.sql.expression import ColumnCollection

from torana.control.analytics.histogram import BUCKETS
from torana.storage.tables import metadata_hours, metadata_minutes, request_hours, request_minutes

Expression: TypeAlias = sa.ColumnElement[Any]
Columns: TypeAlias = ColumnCollection[str, sa.Column[Any]]


Build: TypeAlias = Callable[[Columns], Expression]


class Source(Struct, frozen=True):
    """Two tables of one shape, and what can be asked of them. A metric is made of sums: see `PARTS`."""

    minutes: sa.Table
    hours: sa.Table
    dimensions: dict[str, Build]
    sums: dict[str, Build]


def _sum(name: str) -> Build:
    return lambda c: sa.func.coalesce(sa.func.sum(c[name]), 0)


def _column(name: str) -> Build:
    return lambda c: c[name]


def _where(flag: str, name: str, *, holds: bool = True) -> Build:
    return lambda c: sa.func.coalesce(sa.func.sum(sa.case((c[flag].is_(holds), c[name]), else_=0)), 0)


def _tokens(c: Columns) -> Expression:
    return sa.func.coalesce(sa.func.sum(c.tokens_in + c.tokens_out), 0)


def _status_class(c: Columns) -> Expression:
    return c.status - c.status % 100


_PLAIN = ("requests", "cancelled", "tokens_in", "tokens_out", "cached_tokens_in", "reasoning_tokens_out", "cost_nano")
_SPANS = ("unpriced", "duration_us", "first_byte_us", "first_bytes")
_BUCKETS = tuple(f"{name}_{number}" for name in ("duration", "first_byte") for number in range(BUCKETS))
_OF_METADATA = ("requests", "errors", "cached", "tokens_in", "tokens_out", "cost_nano", "duration_us")

REQUESTS = Source(
    request_minutes,
    request_hours,
    {
        "gateway": _column("gateway_id"),
        "provider": _column("provider"),
        "model": _column("model"),
        "status": _column("status"),
        "status_class": _status_class,
        "error": _column("is_error"),
        "cached": _column("cached"),
        "streamed": _column("is_stream"),
        "rate_limited": _column("is_rate_limited"),
    },
    {
        **{name: _sum(name) for name in (*_PLAIN, *_SPANS, *_BUCKETS)},
        "tokens": _tokens,
        "errors": _where("is_error", "requests"),
        "cached": _where("cached", "requests"),
        "streamed": _where("is_stream", "requests"),
        "rate_limited": _where("is_rate_limited", "requests"),
        "tokens_in_from_cache": _where("cached", "tokens_in"),
        "tokens_out_from_cache": _where("cached", "tokens_out"),
        "tokens_in_uncached": _where("cached", "tokens_in", holds=False),
        "tokens_out_uncached": _where("cached", "tokens_out", holds=False),
    },
)
METADATA = Source(
    metadata_minutes,
    metadata_hours,
    {"gateway": _column("gateway_id"), "metadata.key": _column("key"), "metadata.value": _column("value")},
    {**{name: _sum(name) for name in _OF_METADATA}, "tokens": _tokens},
)

PARTS: dict[str, tuple[str, ...]] = {
    "error_rate": ("errors", "requests"),
    "cache_rate": ("cached", "requests"),
    "cost": ("cost_nano",),
    "duration_avg": ("duration_us", "requests"),
    "first_byte_avg": ("first_byte_us", "first_bytes"),
    **{
        f"{name}_p{share}": tuple(f"{name}_{number}" for number in range(BUCKETS))
        for name in ("duration", "first_byte")
        for share in (50, 90, 95, 99)
    },
}
"""The sums that a metric is made of; one that is not here is a sum itself."""


def parts_of(metric: str) -> tuple[str, ...]:
    return PARTS.get(metric, (metric,))
