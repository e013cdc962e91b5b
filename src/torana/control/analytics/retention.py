"""How long are sums kept? Now and then the oldest go."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy.exc import SQLAlchemyError

from torana.control.analytics.rollups import MOST_ROWS, TABLES, find_cut, prune
from torana.control.operations import list_accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Table

    from torana.control.operations import Store

_PAUSE_S = 86_400.0
_BREATH_S = 0.05
_DAY_MS = 86_400_000

_log = logging.getLogger("torana.control")


async def keep(store: Store, days: int, stop: asyncio.Event) -> None:
    """Deletes what is too old or too much once a day until `stop`; 0 days = for ever, within the tables' bound."""
    while not stop.is_set():
        try:
            for step in steps(store, days):
                # Between two deletions others may write.
                while not stop.is_set() and (await asyncio.to_thread(step)) > 0:
                    await _pause(stop, _BREATH_S)
        except SQLAlchemyError as error:
            _log.warning("old sums are not deleted now: %s", getattr(error, "orig", error))
        await _pause(stop, _PAUSE_S)


def steps(store: Store, days: int, most: int = MOST_ROWS) -> Iterator[Callable[[], int]]:
    """What to do, each again and again until it says 0."""
    before_ms = store.now_ms() - days * _DAY_MS if days else 0
    for account in list_accounts(store):
        for table in chain(*TABLES):
            yield partial(_prune, store, table, account.id, _Limit(before_ms, most))


class _Limit(Struct):
    before_ms: int
    most: int
    is_known: bool = False


def _prune(store: Store, table: Table, account_id: str, limit: _Limit) -> int:
    if not limit.is_known:
        with store.database.reader.connect() as connection:
            limit.before_ms = max(limit.before_ms, find_cut(connection, table, account_id, limit.most))
        limit.is_known = True
    with store.database.writer.begin() as connection:
        return prune(connection, table, account_id, limit.before_ms)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
