"""Logs as Cloudflare's API has them, and what may be asked of a list (cloudflare.md 8.1, 12.2)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from torana.control.envelope import Problem, Timings, UsageMetadata
from torana.control.log_filters import LogFilter, Text
from torana.control.management.operation import Info

Ordered: TypeAlias = Literal["created_at", "provider", "model", "model_type", "success", "cached"]
OrderedMore: TypeAlias = Literal[
    "created_at",
    "provider",
    "model",
    "model_type",
    "success",
    "cached",
    "cost",
    "tokens_in",
    "tokens_out",
    "duration",
    "feedback",
]
Direction: TypeAlias = Literal["asc", "desc"]
Filters: TypeAlias = Annotated[list[LogFilter], Meta(max_length=50)]
Figure: TypeAlias = Annotated[float, Meta(ge=0, le=1e15)]
Page: TypeAlias = Annotated[int, Meta(ge=1, le=10_000_000)]


class LogRow(Struct, kw_only=True):
    """A row of the schema, and what rows of the live service carry beside it."""

    id: str
    created_at: str
    """RFC 3339, UTC, milliseconds."""
    provider: str
    model: str
    model_type: str
    path: str
    duration: int
    """Milliseconds."""
    request_type: str
    request_content_type: str
    response_content_type: str
    status_code: int
    success: bool
    cached: bool
    tokens_in: int | None
    tokens_out: int | None
    cost: float | None
    """USD; null = unknown."""
    custom_cost: bool
    metadata: str
    """A JSON object as text."""
    step: int
    event_id: str
    usage_metadata: UsageMetadata | None
    timings: Timings
    feedback: float | None
    score: float | None
    user_agent: str
    authentication: bool
    wholesale: bool = False
    byok: bool
    dlp_action: str = ""
    dlp_profiles: list[str] = []
    request: str = ""
    """Always empty: bodies have paths of their own."""
    response: str = ""


class LogDetail(LogRow, kw_only=True):
    """A row with the beginnings of its bodies."""

    request_head: str
    request_head_complete: bool
    request_size: int
    response_head: str
    response_head_complete: bool
    response_size: int


class LogInfo(Info, kw_only=True, omit_defaults=True):
    """`result_info` of a list of logs; least and most only where `meta_info` was asked for."""

    total_count_is_exact: bool = True
    """False: there are at least `total_count`."""
    min_cost: float | UnsetType | None = UNSET
    max_cost: float | UnsetType | None = UNSET
    min_duration: float | UnsetType | None = UNSET
    max_duration: float | UnsetType | None = UNSET
    min_tokens_in: int | UnsetType | None = UNSET
    max_tokens_in: int | UnsetType | None = UNSET
    min_tokens_out: int | UnsetType | None = UNSET
    max_tokens_out: int | UnsetType | None = UNSET
    min_total_tokens: int | UnsetType | None = UNSET
    max_total_tokens: int | UnsetType | None = UNSET


class LogPage(Struct, kw_only=True):
    """A page of logs in Cloudflare's envelope."""

    success: bool = True
    errors: list[Problem] = []
    messages: list[str] = []
    result: list[LogRow]
    result_info: LogInfo


class LogSelection(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which logs; all from `start_date` on is deprecated there and still honoured."""

    filters: Filters = []
    search: Text | None = None
    """Text within the metadata."""
    start_date: Text | None = None
    """RFC 3339, inclusive."""
    end_date: Text | None = None
    min_cost: Figure | None = None
    max_cost: Figure | None = None
    min_tokens_in: Figure | None = None
    max_tokens_in: Figure | None = None
    min_tokens_out: Figure | None = None
    max_tokens_out: Figure | None = None
    min_total_tokens: Figure | None = None
    max_total_tokens: Figure | None = None
    min_duration: Figure | None = None
    max_duration: Figure | None = None
    feedback: Annotated[float, Meta(ge=-1, le=1)] | None = None
    success: bool | None = None
    cached: bool | None = None
    model: Text | None = None
    model_type: Text | None = None
    provider: Text | None = None
    request_content_type: Text | None = None
    response_content_type: Text | None = None
    status: Annotated[str, Meta(pattern=r"^[1-5](xx|XX|\d\d)$")] | None = None
    """A status or a class of them: `404`, `4xx`. Torana's own, as are the next three."""
    error: Text | None = None
    """Text within what went wrong."""
    streamed: bool | None = None
    credential: Text | None = None
    """What the provider was shown: `request`, `stored:ALIAS`, `provider` or `none`."""


class LogQuery(LogSelection, kw_only=True, forbid_unknown_fields=True):
    """What a list takes."""

    page: Page = 1
    per_page: Annotated[int, Meta(ge=1, le=50)] = 20
    order_by: Ordered = "created_at"
    order_by_direction: Direction | None = None
    meta_info: bool = False
    """Adds least and most cost, duration and tokens; looks at every log that fits."""
    direction: Direction | None = None
    """Deprecated, for `order_by_direction`."""


class LogExport(LogSelection, kw_only=True, forbid_unknown_fields=True):
    """What an export takes: the filters of a list."""

    format: Literal["jsonl", "parquet"] = "jsonl"
    bodies: bool = False
    """With the whole bodies; needs the permission `read`."""


class LogDeletion(LogSelection, kw_only=True, forbid_unknown_fields=True):
    """Which logs go: the oldest, where nothing else is said."""

    order_by: OrderedMore = "created_at"
    order_by_direction: Direction = "asc"
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 10_000


class LogChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """null takes a value away; what is left out stays."""

    feedback: Annotated[float, Meta(ge=-1, le=1)] | UnsetType | None = UNSET
    score: Annotated[float, Meta(ge=0, le=100)] | UnsetType | None = UNSET
    metadata: dict[str, str | int | float | bool] | UnsetType | None = UNSET


class Deleted(Struct, kw_only=True):
    """How many logs went."""

    deleted: int


class Nothing(Struct):
    """An empty object."""


def metadata_text(metadata: dict[str, str | int | float | bool] | None) -> str:
    """As `cf-aig-metadata` keeps it: the first five entries, without reserved keys (cloudflare.md 8.2)."""
    kept = [(key, value) for key, value in (metadata or {}).items() if not key.startswith("cf.")][:5]
    return msgspec.json.encode(dict(kept)).decode() if kept else ""
