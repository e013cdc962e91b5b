"""What was logged? SQL for lists, single logs and their bodies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from torana.control.envelope import Detail, ListQuery, Log, PageInfo, Timings, UsageMetadata
from torana.control.log_filters import has_status
from torana.control.logs import Bodies, load_bodies
from torana.exchange import Attempt
from torana.storage.tables import logs

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select

    from torana.message import Headers

HEAD_BYTES = 4096
_FIRST_FAILURE = 400


class Scope(Struct, frozen=True):
    """Whose logs."""

    account_id: str
    gateway_id: str | None = None
    """None = all gateways of the account."""


class BadFilter(Exception):
    """A value of the query that no log can have; `name` says which."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class Found(Struct, frozen=True):
    rows: list[Log]
    info: PageInfo


def list_logs(connection: Connection, scope: Scope, query: ListQuery) -> Found:
    """One page; never touches heads and bodies. BadFilter for a date that is none."""
    newest = newest_stored(connection)
    filters = filters_of(query)
    total = None
    if query.cursor is not None:
        # By the order of storing: a long answer is stored after shorter ones that began later, and must not be missed.
        chosen = sa.select(logs).where(*walked(scope), logs.c.seq > query.cursor, logs.c.seq <= newest)
        chosen = chosen.order_by(logs.c.seq)
    else:
        chosen = sa.select(logs).where(*(walked(scope) if scope.gateway_id is None else _in(scope)))
        chosen = _ordered(chosen, query)
        if query.before is not None:
            chosen = chosen.where(logs.c.id < query.before)
        else:
            total = _count(connection, [*_in(scope), *filters])
            chosen = chosen.offset((query.page - 1) * query.per_page)
    chosen = chosen.where(*filters)
    rows = connection.execute(chosen.limit(query.per_page)).all()
    if query.cursor is not None and len(rows) == query.per_page:
        newest = rows[-1].seq
    info = PageInfo(count=len(rows), page=query.page, per_page=query.per_page, total_count=total, cursor=newest)
    return Found([to_log(row) for row in rows], info)


def newest_stored(connection: Connection) -> int:
    """The place of the row stored last; 0 where there is none."""
    return connection.execute(sa.select(sa.func.max(logs.c.seq))).scalar_one() or 0


def find_log(connection: Connection, scope: Scope, log_id: str) -> Detail | None:
    """None where there is none in this gateway."""
    row = _row(connection, scope, log_id)
    if row is None:
        return None
    bodies = load_bodies(connection, log_id) or Bodies()
    request_head, request_complete = _beginning(bodies.request_body)
    response_head, response_complete = _beginning(bodies.response_body)
    return Detail(
        **msgspec.structs.asdict(to_log(row)),
        has_bodies=row.has_bodies,
        is_truncated=row.is_truncated,
        request_headers=_fields(f"{row.method} {_target(row)} HTTP/1.1", bodies.request_headers),
        response_headers=_fields(f"HTTP/1.1 {row.status}", bodies.response_headers),
        request_head=request_head,
        request_head_complete=request_complete and not row.is_truncated,
        response_head=response_head,
        response_head_complete=response_complete and not row.is_truncated,
        assembled=_text(bodies.assembled),
    )


def _target(row: Row[tuple[object, ...]]) -> str:
    return f"/v1/{row.account_id}/{row.gateway_id}/{row.provider}/{row.path}"


def _fields(first_line: str, headers: Headers) -> str:
    """As HTTP/1.1 text; empty where none were kept."""
    if not headers:
        return ""
    lines = [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in headers]
    return "\r\n".join([first_line, *lines, ""])


class Content(Struct, frozen=True):
    """One recorded body and its content type, as the sender named it."""

    content_type: str
    body: bytes


def find_request(connection: Connection, scope: Scope, log_id: str) -> Content | None:
    """None where the log is unknown, or its bodies were not kept."""
    row = _row(connection, scope, log_id)
    bodies = load_bodies(connection, log_id) if row is not None else None
    return Content(row.request_content_type, bodies.request_body) if row is not None and bodies else None


def find_response(connection: Connection, scope: Scope, log_id: str) -> Content | None:
    """The same for the response, streams as they went."""
    row = _row(connection, scope, log_id)
    bodies = load_bodies(connection, log_id) if row is not None else None
    return Content(row.response_content_type, bodies.response_body) if row is not None and bodies else None


def _row(connection: Connection, scope: Scope, log_id: str) -> Row[tuple[object, ...]] | None:
    query = sa.select(logs).where(*_in(scope), logs.c.id == log_id)
    return connection.execute(query).one_or_none()


def _in(scope: Scope) -> list[sa.ColumnElement[bool]]:
    own = [logs.c.account_id == scope.account_id]
    return own if scope.gateway_id is None else [*own, logs.c.gateway_id == scope.gateway_id]


def walked(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """The same, hidden from the planner: it would take their index and sort all of an account for one page."""
    account = sa.func.coalesce(logs.c.account_id, "") == scope.account_id
    if scope.gateway_id is None:
        return [account]
    return [account, sa.func.coalesce(logs.c.gateway_id, "") == scope.gateway_id]


def _count(connection: Connection, wanted: list[sa.ColumnElement[bool]]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(logs).where(*wanted)).scalar_one()


def filters_of(query: ListQuery) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if query.provider is not None:
        wanted.append(logs.c.provider == query.provider)
    if query.model is not None:
        wanted.append(logs.c.model == query.model)
    if query.cached is not None:
        wanted.append(logs.c.cached == query.cached)
    if query.success is not None:
        succeeded = sa.and_(logs.c.status < _FIRST_FAILURE, logs.c.is_broken.is_(False))
        wanted.append(succeeded if query.success else sa.not_(succeeded))
    if query.status is not None:
        wanted.append(has_status(query.status))
    if query.start_date is not None:
        wanted.append(logs.c.created_ms >= _to_ms("start_date", query.start_date))
    if query.end_date is not None:
        wanted.append(logs.c.created_ms <= _to_ms("end_date", query.end_date))
    return wanted


def _ordered(chosen: Select[tuple[object, ...]], query: ListQuery) -> Select[tuple[object, ...]]:
    # The id is the moment: ordering by it walks the index, and has no ties.
    return chosen.order_by(logs.c.id.asc() if query.order_by_direction == "asc" else logs.c.id.desc())


def _to_ms(name: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadFilter(name, f"`{text}` is not a date: write it as 2026-01-31T12:00:00Z") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def to_log(row: Row[tuple[object, ...]]) -> Log:
    return Log(
        id=row.id,
        created_at=to_rfc3339(row.created_ms),
        account_id=row.account_id,
        gateway_id=row.gateway_id,
        event_id=row.event_id,
        provider=row.provider,
        model=row.model,
        method=row.method,
        path=row.path,
        format=row.format,
        request_type=row.request_type,
        request_content_type=row.request_content_type,
        response_content_type=row.response_content_type,
        status_code=row.status,
        success=row.status < _FIRST_FAILURE and not row.is_broken,
        cached=row.cached,
        streamed=row.is_stream,
        cancelled=row.cancelled,
        broken=row.is_broken,
        error=row.error,
        duration=round(row.duration_us / 1000),
        timings=Timings(row.duration_us / 1000, row.first_byte_us / 1000 if row.first_byte_us else None),
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        usage_metadata=_usage(row),
        cost=None if row.cost_nano is None else row.cost_nano / 1e9,
        cost_source=row.cost_source,
        price_version=row.price_version,
        custom_cost=row.cost_source == "custom",
        metadata=row.metadata or "{}",
        step=row.step,
        attempts=msgspec.json.decode(row.attempts or "[]", type=list[Attempt]),
        user_agent=row.user_agent,
        authentication=row.token_id is not None,
        token_id=row.token_id,
        byok=(row.credential or "").startswith("stored:"),
        credential=row.credential,
        request_size=row.request_size,
        response_size=row.response_size,
        similarity=row.similarity,
        similar_to=row.similar_to,
    )


def _usage(row: Row[tuple[object, ...]]) -> UsageMetadata | None:
    if row.tokens_in is None and row.tokens_out is None:
        return None
    tokens_in, tokens_out = row.tokens_in or 0, row.tokens_out or 0
    return UsageMetadata(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        total_tokens=tokens_in + tokens_out,
        output_reasoning_tokens=row.reasoning_tokens_out or 0,
        input_cached_tokens=row.cached_tokens_in or 0,
        input_cache_write_tokens=row.cache_write_tokens_in or 0,
    )


def to_rfc3339(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _beginning(body: bytes) -> tuple[str, bool]:
    return _text(body[:HEAD_BYTES]), len(body) <= HEAD_BYTES


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
