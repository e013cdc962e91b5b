"""Responses that clients may go on from, as the store has them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa
import zstandard
from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from torana.control.logs import LEVEL
from torana.remembering import MOST_LINKS, decoded
from torana.storage.tables import responses

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from torana.control.operations import Store
    from torana.journal import Record

ResponseRow: TypeAlias = tuple[str, str, str, str, str, int, int, bytes]
"""In the order of the table's columns."""
KEPT_MS = 30 * 86_400_000
"""What OpenAI promises."""
_AT_ONCE = 500
_PAUSE_S = 3_600.0
_BREATH_S = 0.05
_LONGEST_ID = 64

_log = logging.getLogger("torana.control")


class Asked(Struct, frozen=True):
    """One response, and who wants it."""

    account_id: str
    gateway_id: str
    caller: str
    id: str


def row_of(record: Record) -> ResponseRow | None:
    """None where the record has nothing that can be kept."""
    link = decoded(record.kept)
    if link is None or not link.id or max(len(link.id), len(link.previous)) > _LONGEST_ID:
        return None
    content = zstandard.compress(record.kept, LEVEL)
    made_ms = record.created_ms
    owner = (record.account_id, record.gateway_id, link.caller)
    return (link.id, *owner, link.previous, made_ms, made_ms + KEPT_MS, content)


def find_chain(connection: Connection, asked: Asked, now_ms: int, most: int = MOST_LINKS) -> list[bytes] | None:
    """A response and those before it, oldest first, `most` at most; None where one of them is not there."""
    found: list[bytes] = []
    id_ = asked.id
    while id_ and len(found) < most:
        wanted = sa.select(responses.c.previous_id, responses.c.content).where(
            *_own(asked, id_), responses.c.expires_ms > now_ms
        )
        row = connection.execute(wanted).first()
        if row is None:
            return None
        found.append(zstandard.decompress(row.content))
        id_ = row.previous_id
    return found[::-1]


def delete_response(connection: Connection, asked: Asked) -> bool:
    """Whether it was there."""
    return connection.execute(sa.delete(responses).where(*_own(asked, asked.id))).rowcount > 0


def _own(asked: Asked, id_: str) -> tuple[sa.ColumnElement[bool], ...]:
    columns = responses.c
    return (
        columns.id == id_,
        columns.account_id == asked.account_id,
        columns.gateway_id == asked.gateway_id,
        columns.caller == asked.caller,
    )


def delete_expired(store: Store) -> int:
    """Some of them; how many."""
    old = sa.select(responses.c.id).where(responses.c.expires_ms <= store.now_ms()).limit(_AT_ONCE)
    with store.database.writer.begin() as connection:
        return connection.execute(sa.delete(responses).where(responses.c.id.in_(old))).rowcount


async def expire(store: Store, stop: asyncio.Event) -> None:
    """Deletes what has expired, once an hour until `stop`."""
    while not stop.is_set():
        try:
            while not stop.is_set() and (await asyncio.to_thread(delete_expired, store)) > 0:
                await _pause(stop, _BREATH_S)
        except SQLAlchemyError as error:
            _log.warning("expired responses are not deleted now: %s", getattr(error, "orig", error))
        await _pause(stop, _PAUSE_S)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
