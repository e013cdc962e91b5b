"""Operations on the logs of a gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from torana.control import log_changes, queries
from torana.control.audit import Resource, audit
from torana.control.exports import CONTENT_TYPES, export
from torana.control.log_filters import NUMBERS, LogFilter, conditions
from torana.control.log_pages import Bounds, Cut, Place, count, find_bounds, find_page
from torana.control.management.log_selection import BOUNDS, place_of, said, selected
from torana.control.management.log_shapes import (
    Deleted,
    LogChange,
    LogDeletion,
    LogDetail,
    LogExport,
    LogInfo,
    LogPage,
    LogQuery,
    LogRow,
    Nothing,
    metadata_text,
)
from torana.control.management.operation import Asked, One, Operation, Raw, Site, Streamed, of
from torana.control.refusals import NoSuchThing, NotPermitted
from torana.storage.tables import logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from torana.control.envelope import Log


def list_logs(site: Site, asked: Asked) -> LogPage:
    query = of(asked.query, LogQuery)
    place = place_of(site, asked)
    direction = query.order_by_direction or query.direction or "desc"
    wanted, filters = selected(query)
    cut = Cut(wanted, filters, query.order_by, direction, (query.page - 1) * query.per_page, query.per_page)
    site.bring_in()
    with site.store.database.reader.connect() as connection:
        rows = find_page(connection, place, cut)
        total, is_exact = count(connection, place, cut, len(rows))
        bounds = find_bounds(connection, place, cut) if query.meta_info else None
    info = LogInfo(
        count=len(rows), page=query.page, per_page=query.per_page, total_count=total, total_count_is_exact=is_exact
    )
    if bounds is not None:
        _tell_bounds(info, bounds)
    found = [to_row(queries.to_log(row), row.feedback, row.score) for row in rows]
    return LogPage(result=found, result_info=info)


def export_logs(site: Site, asked: Asked) -> Streamed:
    """Oldest first."""
    query = of(asked.query, LogExport)
    place = place_of(site, asked)
    if query.bodies and not asked.token.may("read"):
        raise NotPermitted("Authentication error: this token lacks the permission `read`, which bodies need")
    wanted, _ = selected(query)
    own = [logs.c.account_id == place.account_id, logs.c.gateway_id == place.gateway_id]
    site.bring_in()
    pieces = export(site.store.database.reader, [*own, *wanted], query.format, bodies=query.bodies)
    return Streamed(pieces, CONTENT_TYPES[query.format], f"logs-{place.gateway_id}.{query.format}")


def get_log(site: Site, asked: Asked) -> One[LogDetail]:
    place = place_of(site, asked)
    site.bring_in()
    with site.store.database.reader.connect() as connection:
        scope = queries.Scope(place.account_id, place.gateway_id)
        found = queries.find_log(connection, scope, asked.path["log_id"])
        rating = _rating(connection, place, asked.path["log_id"])
    if found is None or rating is None:
        raise _no_log(asked)
    may_see = asked.token.may("read")
    detail = LogDetail(
        **msgspec.structs.asdict(to_row(found, *rating)),
        request_head=found.request_head if may_see else "",
        request_head_complete=may_see and found.request_head_complete,
        request_size=found.request_size,
        response_head=found.response_head if may_see else "",
        response_head_complete=may_see and found.response_head_complete,
        response_size=found.response_size,
    )
    return One(result=detail)


def get_request(site: Site, asked: Asked) -> Raw:
    return _body(site, asked, queries.find_request)


def get_response(site: Site, asked: Asked) -> Raw:
    return _body(site, asked, queries.find_response)


def edit_log(site: Site, asked: Asked) -> One[Nothing]:
    change = of(asked.body, LogChange)
    place = place_of(site, asked)
    values: dict[str, object] = {}
    if change.feedback is not UNSET:
        values["feedback"] = change.feedback
    if change.score is not UNSET:
        values["score"] = change.score
    if change.metadata is not UNSET:
        values["metadata"] = metadata_text(change.metadata)
    site.bring_in()
    with site.store.database.writer.begin() as connection:
        if not log_changes.change_log(connection, place, asked.path["log_id"], values):
            raise _no_log(asked)
    return One(result=Nothing())


def delete_logs(site: Site, asked: Asked) -> One[Deleted]:
    query = of(asked.query, LogDeletion)
    place = place_of(site, asked)
    wanted, filters = selected(query)
    cut = Cut(wanted, filters, query.order_by, query.order_by_direction, count=query.limit)
    return One(result=Deleted(deleted=_delete(site, place, cut, {"filters": query.filters, **said(query)})))


def delete_log(site: Site, asked: Asked) -> One[Deleted]:
    filters = [LogFilter("id", "eq", [asked.path["log_id"]])]
    deleted = _delete(site, place_of(site, asked), Cut(conditions(filters), filters, count=1), {"filters": filters})
    if not deleted:
        raise _no_log(asked)
    return One(result=Deleted(deleted=deleted))


def _delete(site: Site, place: Place, cut: Cut, which: dict[str, object]) -> int:
    """`which` is for the audit log."""
    site.bring_in()
    with site.store.database.writer.begin() as connection:
        deleted = log_changes.delete_logs(connection, place, cut)
        if deleted:
            resource = Resource(place.account_id, "ai_gateway.logs", place.gateway_id)
            audit(connection, site.store, "delete", resource, old={"count": deleted, **which})
        return deleted


def _body(site: Site, asked: Asked, find: Callable[..., queries.Content | None]) -> Raw:
    place = place_of(site, asked)
    site.bring_in()
    with site.store.database.reader.connect() as connection:
        found = find(connection, queries.Scope(place.account_id, place.gateway_id), asked.path["log_id"])
    if found is None:
        raise NoSuchThing(f"there is no log `{asked.path['log_id']}`, or its bodies were not kept")
    return Raw(found.body, found.content_type)


def _no_log(asked: Asked) -> NoSuchThing:
    return NoSuchThing(f"there is no log `{asked.path['log_id']}` in this gateway")


def _rating(connection: Connection, place: Place, log_id: str) -> tuple[float | None, float | None] | None:
    cut = Cut([logs.c.id == log_id], [LogFilter("id", "eq", [log_id])], count=1)
    rows = find_page(connection, place, cut)
    return (rows[0].feedback, rows[0].score) if rows else None


def _tell_bounds(info: LogInfo, bounds: Bounds) -> None:
    for name in bounds.__struct_fields__:
        units = NUMBERS[BOUNDS[name]][1]
        for side, value in zip(("min", "max"), getattr(bounds, name), strict=True):
            setattr(info, f"{side}_{name}", None if value is None else value / units if units > 1 else value)


def to_row(log: Log, feedback: float | None, score: float | None) -> LogRow:
    """Only what Cloudflare's rows have; `torana logs` shows the rest."""
    own = msgspec.structs.asdict(log)
    shared = {name: own[name] for name in LogRow.__struct_fields__ if name in own}
    return LogRow(**shared, feedback=feedback, score=score)


_LOGS = "/accounts/{account_id}/ai-gateway/gateways/{gateway_id}/logs"
_LOG = _LOGS + "/{log_id}"
OPERATIONS = (
    Operation(
        name="list_logs",
        method="GET",
        path=_LOGS,
        summary="List logs.",
        tag="Logs",
        permission="read_metadata",
        answer=list_logs,
        query=LogQuery,
        result=LogPage,
        refusals=(404,),
    ),
    Operation(
        name="delete_logs",
        method="DELETE",
        path=_LOGS,
        summary="Delete the logs that fit, the oldest where nothing is said.",
        tag="Logs",
        permission="edit",
        answer=delete_logs,
        query=LogDeletion,
        result=One[Deleted],
        refusals=(404,),
    ),
    Operation(
        name="export_logs",
        method="GET",
        path=_LOGS + "/export",
        summary="Export logs, oldest first, as JSON Lines or Parquet.",
        tag="Logs",
        permission="read_metadata",
        answer=export_logs,
        query=LogExport,
        result=None,
        refusals=(404,),
    ),
    Operation(
        name="get_log",
        method="GET",
        path=_LOG,
        summary="Get one log with the beginnings of its bodies.",
        tag="Logs",
        permission="read_metadata",
        answer=get_log,
        result=One[LogDetail],
        refusals=(404,),
    ),
    Operation(
        name="edit_log",
        method="PATCH",
        path=_LOG,
        summary="Set feedback, score or metadata of a log.",
        tag="Logs",
        permission="edit",
        answer=edit_log,
        body=LogChange,
        result=One[Nothing],
        refusals=(404, 413),
    ),
    Operation(
        name="delete_log",
        method="DELETE",
        path=_LOG,
        summary="Delete one log.",
        tag="Logs",
        permission="edit",
        answer=delete_log,
        result=One[Deleted],
        refusals=(404,),
    ),
    Operation(
        name="get_log_request",
        method="GET",
        path=_LOG + "/request",
        summary="Get the request's body as it came.",
        tag="Logs",
        permission="read",
        answer=get_request,
        result=None,
        refusals=(404,),
    ),
    Operation(
        name="get_log_response",
        method="GET",
        path=_LOG + "/response",
        summary="Get the answer's body as it went, streams included.",
        tag="Logs",
        permission="read",
        answer=get_response,
        result=None,
        refusals=(404,),
    ),
)
