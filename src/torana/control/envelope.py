"""The management API's shapes: log rows, results and errors, for both of its ends."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from torana.exchange import Attempt

UNAVAILABLE = 7000
VALIDATION = 7001
NOT_FOUND = 7002


class UsageMetadata(Struct):
    """Subsets are counted within their totals."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    output_reasoning_tokens: int
    input_cached_tokens: int
    input_cache_write_tokens: int


class Timings(Struct):
    """Milliseconds; `latency` is the time to the first byte of the provider's answer, null where none came."""

    total: float
    latency: float | None


class Log(Struct, kw_only=True):
    """One row of the log list."""

    id: str
    created_at: str
    """RFC 3339, UTC, milliseconds."""
    account_id: str
    gateway_id: str
    event_id: str
    provider: str
    model: str
    model_type: str = ""
    method: str
    path: str
    format: str
    request_type: str
    request_content_type: str
    response_content_type: str
    status_code: int
    success: bool
    """The caller got a status below 400, and all of the answer that the provider had."""
    cached: bool
    streamed: bool
    cancelled: bool
    """The client left before the end."""
    broken: bool
    """The provider's answer stopped before its end."""
    error: str
    duration: int
    """Milliseconds."""
    timings: Timings
    tokens_in: int | None
    tokens_out: int | None
    usage_metadata: UsageMetadata | None
    cost: float | None
    """USD; null = unknown."""
    cost_source: Literal["provider", "table", "rule", "custom"] | None
    price_version: str | None
    custom_cost: bool
    metadata: str
    """A JSON object as text."""
    step: int
    attempts: list[Attempt]
    user_agent: str
    authentication: bool
    """The caller showed an API token that was good."""
    token_id: str | None
    """Which one."""
    byok: bool
    """A stored key of the provider was used."""
    credential: str | None
    """What the provider was shown: `request`, `stored:ALIAS`, `provider` or `none`; null where that was not decided."""
    request_size: int
    response_size: int
    similarity: float | None
    """To the nearest question that the semantic cache knew; null = it knew none, or was not asked."""
    similar_to: str | None
    """The log whose answer the semantic cache gave or, where `cached` is false, would have given."""


class Detail(Log, kw_only=True):
    """One log with the beginnings of its bodies; whole ones have paths of their own."""

    has_bodies: bool
    """False: heads and bodies were not asked for, or dropped because the disk was nearly full."""
    is_truncated: bool
    """A recorded body stops at the payload limit."""
    request_headers: str = ""
    """Request line and header fields, credentials masked."""
    response_headers: str = ""
    request_head: str = ""
    """The beginning of the body, as text."""
    request_head_complete: bool = True
    response_head: str = ""
    response_head_complete: bool = True
    assembled: str = ""
    """A streamed answer as the JSON message it would have been whole; empty where it was none."""


class ListQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """The query of a log list. `status` is a code or a class of them (`4xx`)."""

    page: Annotated[int, Meta(ge=1)] = 1
    per_page: Annotated[int, Meta(ge=1, le=50)] = 20
    provider: str | None = None
    model: str | None = None
    success: bool | None = None
    cached: bool | None = None
    status: Annotated[str, Meta(pattern=r"^[1-5](xx|XX|\d\d)$")] | None = None
    start_date: str | None = None
    """RFC 3339; inclusive, as `end_date` is."""
    end_date: str | None = None
    order_by: Literal["created_at"] = "created_at"
    order_by_direction: Literal["asc", "desc"] = "desc"
    before: str | None = None
    """A log id: only older ones, and `page` does not count."""
    cursor: Annotated[int, Meta(ge=0)] | None = None
    """Only what was stored after a former answer with this cursor, in the order it was stored."""


class PageInfo(Struct, kw_only=True):
    count: int
    page: int
    per_page: int
    total_count: int | None = None
    """None where the query named a place to go on from."""
    cursor: int = 0
    """The place after the newest log stored."""


class Problem(Struct, omit_defaults=True):
    code: int
    message: str
    path: list[str] = []


class LogList(Struct, kw_only=True):
    success: bool = True
    result: list[Log]
    result_info: PageInfo
    errors: list[Problem] = []
    messages: list[str] = []


class LogDetail(Struct, kw_only=True):
    success: bool = True
    result: Detail
    errors: list[Problem] = []
    messages: list[str] = []


class Failure(Struct, kw_only=True):
    success: bool = False
    result: dict[str, str] = {}
    errors: list[Problem]
    messages: list[str] = []


def not_found() -> Failure:
    return Failure(errors=[Problem(NOT_FOUND, "Not Found")])


def invalid(message: str, *path: str) -> Failure:
    return Failure(errors=[Problem(VALIDATION, message, list(path))])


def read_query(given: dict[str, str]) -> ListQuery | Failure:
    try:
        return msgspec.convert(given, ListQuery, strict=False)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$.")
        path = ("query", place.rstrip("`")) if place else ("query",)
        return invalid(f"Input Validation Error: {message}", *path)
