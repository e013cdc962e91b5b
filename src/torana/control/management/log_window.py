"""The operation that shows a window of the logs as they were once, and what came since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from torana.control.envelope import Problem
from torana.control.log_filters import FIRST_FAILURE
from torana.control.log_pages import Cut
from torana.control.log_window import (
    Anchor,
    count_shortly,
    find_since,
    find_window,
    newest_anchor,
    read_anchor,
    stored_until,
)
from torana.control.management.log_selection import place_of, selected
from torana.control.management.log_shapes import Direction, LogSelection, OrderedMore
from torana.control.management.operation import Asked, Operation, Site, of
from torana.control.queries import to_rfc3339
from torana.control.refusals import InvalidInput

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from torana.control import log_pages
    from torana.control.log_pages import Place

MOST_ROWS = 500
Moment: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]


class WindowQuery(LogSelection, kw_only=True, forbid_unknown_fields=True):
    """Which part of which list; `after_id` goes without `anchor_id`, `offset` and an order."""

    offset: Annotated[int, Meta(ge=0, le=10_000_000_000)] = 0
    """So many logs of the list are above the window."""
    limit: Annotated[int, Meta(ge=1, le=MOST_ROWS)] = 100
    """Rows that the window has at most."""
    order_by: OrderedMore = "created_at"
    order_by_direction: Direction = "desc"
    anchor_id: Moment | None = None
    """The list as it was then: `anchor_id` of an answer, or the id of a log for when that was stored. Without it, now.

    Lists of one anchor have the same logs at the same places, whatever comes meanwhile.
    """
    after_id: Moment | None = None
    """Only what was stored after that moment, in the order of storing: the live tail of a list."""


class WindowRow(Struct, kw_only=True):
    """What a line of a list shows of a log."""

    id: str
    created_at: str
    """RFC 3339, UTC, milliseconds."""
    provider: str
    model: str
    method: str
    path: str
    request_type: str
    """`Universal`, `Compat` and the like; empty for a provider's own path."""
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
    """What went wrong, in one line."""
    duration: float
    """Milliseconds."""
    first_byte: float | None
    """Milliseconds to the first byte of the provider's answer; null = none came."""
    tokens_in: int | None
    """null = the answer stated no usage."""
    tokens_out: int | None
    cached_tokens_in: int | None
    """Read from the provider's own prompt cache; part of `tokens_in`."""
    reasoning_tokens_out: int | None
    """Part of `tokens_out`."""
    cost: float | None
    """USD; null = unknown."""
    cost_source: Literal["provider", "table", "rule", "custom"] | None
    attempts: int
    """Calls that were made to providers for it."""
    step: int
    event_id: str
    metadata: str
    """A JSON object as text."""
    user_agent: str
    token_id: str | None
    """Of the API token that the caller showed; null = none that was good."""
    credential: str | None
    """What the provider was shown: `request`, `stored:ALIAS`, `provider` or `none`; null = that was not decided."""
    feedback: float | None
    score: float | None
    similarity: float | None
    """To the nearest question that the semantic cache knew."""
    request_size: int
    response_size: int
    has_bodies: bool


class WindowInfo(Struct, kw_only=True):
    """Where the window is in its list."""

    count: int
    """Rows in this answer."""
    offset: int
    total_count: int | None
    """Of the list; null where the query named a moment and the list's end is not in the window."""
    total_count_is_exact: bool
    """False: there are at least `total_count`."""
    anchor_id: str
    """The moment that this answer goes up to, for other windows of the same list and as `after_id` for what follows."""
    has_more: bool
    """More follows: below the window, or, with `after_id`, to be asked for at once."""
    is_stale: bool
    """The log that the moment was told by was deleted: begin again without it."""


class LogWindow(Struct, kw_only=True):
    """A window of a list of logs."""

    success: bool = True
    errors: list[Problem] = []
    messages: list[str] = []
    result: list[WindowRow]
    result_info: WindowInfo


def get_window(site: Site, asked: Asked) -> LogWindow:
    """Only what is stored: the ingester is a fifth of a second behind, and nobody has to wait for it here."""
    query = of(asked.query, WindowQuery)
    _check(query)
    place = place_of(site, asked)
    wanted, filters = selected(query)
    cut = Cut(wanted, filters, query.order_by, query.order_by_direction, query.offset, query.limit)
    with site.store.database.reader.connect() as connection:
        if query.after_id is not None:
            return _tail(connection, place, cut, query.after_id)
        return _window(connection, place, cut, query.anchor_id)


def _check(query: WindowQuery) -> None:
    if query.after_id is None:
        return
    others = {"anchor_id": None, "offset": 0, "order_by": "created_at", "order_by_direction": "desc"}
    for name, default in others.items():
        if getattr(query, name) != default:
            raise InvalidInput(f"`after_id` is for what was stored since: it goes without `{name}`", "query", name)


def _window(connection: Connection, place: Place, cut: Cut, anchor_id: str | None) -> LogWindow:
    if anchor_id is None:
        anchor = newest_anchor(connection)
    else:
        found = _anchor(connection, place, anchor_id, "anchor_id")
        if found is None:
            return _stale(anchor_id)
        anchor = found
        cut = msgspec.structs.replace(cut, wanted=[*cut.wanted, *stored_until(connection, anchor)])
    rows = find_window(connection, place, cut)
    info = WindowInfo(
        count=len(rows),
        offset=cut.first,
        total_count=None,
        total_count_is_exact=True,
        anchor_id=anchor.text,
        has_more=len(rows) == cut.count,
        is_stale=False,
    )
    if anchor_id is None:
        info.total_count, info.total_count_is_exact = count_shortly(connection, place, cut, len(rows))
    elif not info.has_more and (rows or not cut.first):
        info.total_count = cut.first + len(rows)
    return LogWindow(result=[to_row(row) for row in rows], result_info=info)


def _tail(connection: Connection, place: Place, cut: Cut, after_id: str) -> LogWindow:
    anchor = _anchor(connection, place, after_id, "after_id")
    if anchor is None:
        return _stale(after_id)
    found = find_since(connection, place, cut, anchor)
    info = WindowInfo(
        count=len(found.rows),
        offset=0,
        total_count=None,
        total_count_is_exact=False,
        anchor_id=found.anchor.text,
        has_more=found.has_more,
        is_stale=False,
    )
    return LogWindow(result=[to_row(row) for row in found.rows], result_info=info)


def _stale(anchor_id: str) -> LogWindow:
    info = WindowInfo(
        count=0,
        offset=0,
        total_count=None,
        total_count_is_exact=False,
        anchor_id=anchor_id,
        has_more=False,
        is_stale=True,
    )
    return LogWindow(result=[], result_info=info)


def _anchor(connection: Connection, place: Place, text: str, name: str) -> Anchor | None:
    try:
        return read_anchor(connection, place, text)
    except ValueError as error:
        raise InvalidInput(str(error), "query", name) from error


def to_row(row: log_pages.LogRow) -> WindowRow:
    return WindowRow(
        id=row.id,
        created_at=to_rfc3339(row.created_ms),
        provider=row.provider,
        model=row.model,
        method=row.method,
        path=row.path,
        request_type=row.request_type,
        status_code=row.status,
        success=row.status < FIRST_FAILURE and not row.is_broken,
        cached=row.cached,
        streamed=row.is_stream,
        cancelled=row.cancelled,
        broken=row.is_broken,
        error=row.error,
        duration=row.duration_us / 1000,
        first_byte=row.first_byte_us / 1000 if row.first_byte_us else None,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        cached_tokens_in=row.cached_tokens_in,
        reasoning_tokens_out=row.reasoning_tokens_out,
        cost=None if row.cost_nano is None else row.cost_nano / 1e9,
        cost_source=row.cost_source,
        attempts=len(msgspec.json.decode(row.attempts or "[]", type=list[msgspec.Raw])),
        step=row.step,
        event_id=row.event_id,
        metadata=row.metadata or "{}",
        user_agent=row.user_agent,
        token_id=row.token_id,
        credential=row.credential,
        feedback=row.feedback,
        score=row.score,
        similarity=row.similarity,
        request_size=row.request_size,
        response_size=row.response_size,
        has_bodies=row.has_bodies,
    )


OPERATIONS = (
    Operation(
        name="get_log_window",
        method="GET",
        path="/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs/window",
        summary="Show a window of the logs as they were at one moment, or what was stored since.",
        tag="Logs",
        permission="read_metadata",
        answer=get_window,
        query=WindowQuery,
        result=LogWindow,
        refusals=(404,),
    ),
)
