"""The names and shapes of analytics, for both ends of the API."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, get_args

from msgspec import Meta, Struct

Metric: TypeAlias = Literal[
    "requests",
    "errors",
    "error_rate",
    "cached",
    "cache_rate",
    "cancelled",
    "streamed",
    "rate_limited",
    "tokens_in",
    "tokens_out",
    "tokens",
    "cached_tokens_in",
    "reasoning_tokens_out",
    "tokens_in_from_cache",
    "tokens_out_from_cache",
    "tokens_in_uncached",
    "tokens_out_uncached",
    "cost",
    "unpriced",
    "duration_avg",
    "duration_p50",
    "duration_p90",
    "duration_p95",
    "duration_p99",
    "first_byte_avg",
    "first_byte_p50",
    "first_byte_p90",
    "first_byte_p95",
    "first_byte_p99",
]
Dimension: TypeAlias = Literal[
    "gateway",
    "provider",
    "model",
    "status",
    "status_class",
    "error",
    "cached",
    "streamed",
    "rate_limited",
    "metadata.key",
    "metadata.value",
]
METRICS: tuple[Metric, ...] = get_args(Metric)
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
Granularity: TypeAlias = Literal["minute", "hour", "day", "all"]
Figure: TypeAlias = int | float | None
Label: TypeAlias = str | int | bool
Value: TypeAlias = Annotated[str, Meta(max_length=1024)] | int | float | bool


class Filter(Struct, frozen=True, forbid_unknown_fields=True):
    """`value` holds alternatives: one of them must fit, none of them with `neq`."""

    key: Dimension
    operator: Literal["eq", "neq", "contains"]
    value: Annotated[list[Value], Meta(min_length=1, max_length=100)]


class Row(Struct, kw_only=True, omit_defaults=True):
    """The sums of one group."""

    time: str | None = None
    """The beginning of the span, RFC 3339 in UTC; absent with the granularity `all`."""
    dimensions: dict[str, Label] = {}
    metrics: dict[str, Figure]


class Answer(Struct, kw_only=True):
    since: str
    until: str
    granularity: Granularity
    rows: list[Row]
    totals: dict[str, Figure]
    """Of all that fits, also of rows that are not shown."""
    is_truncated: bool
    """There are more rows than `limit`."""


class Answered(Struct, kw_only=True):
    """An answer in its envelope, as a client reads it."""

    result: Answer
