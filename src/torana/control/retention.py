"""Which logs go by themselves? Those over a gateway's limit and those that are too old.

They go in small transactions, so that nothing that is written beside them waits for long.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import sqlalchemy as sa

from torana.control.log_blocks import drop_empty
from torana.control.log_changes import delete_rows
from torana.control.log_filters import id_at
from torana.storage.tables import generations, logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from torana.control.log_limits import Surplus

AT_ONCE = 500
"""Logs in one transaction: about 20 ms."""
DAY_MS = 86_400_000


def delete_surplus(engine: Engine, surplus: Surplus) -> int:
    """The oldest of one gateway; how many went."""
    account_id, gateway_id = surplus.owner
    own = (logs.c.account_id == account_id, logs.c.gateway_id == gateway_id)
    return _delete_oldest(engine, own, surplus.count, float("inf"))


def delete_older(engine: Engine, before_ms: int, seconds: float) -> tuple[int, bool]:
    """Of all gateways, for about so long; how many went, and whether none is left."""
    deadline = time.monotonic() + seconds
    deleted = _delete_oldest(engine, (logs.c.id < id_at(before_ms),), None, deadline)
    _delete_generations(engine, before_ms, deadline)
    return deleted, time.monotonic() < deadline


def _delete_generations(engine: Engine, before_ms: int, deadline: float) -> None:
    """What they cost stays in the ledger."""
    oldest = sa.select(generations.c.id).where(generations.c.created_ms < before_ms).limit(AT_ONCE)
    while time.monotonic() < deadline:
        with engine.begin() as connection:
            gone = connection.execute(sa.delete(generations).where(generations.c.id.in_(oldest))).rowcount
        if gone < AT_ONCE:
            break


def _delete_oldest(engine: Engine, wanted: Sequence[sa.ColumnElement[bool]], most: int | None, deadline: float) -> int:
    deleted = 0
    while (most is None or deleted < most) and time.monotonic() < deadline:
        count = AT_ONCE if most is None else min(AT_ONCE, most - deleted)
        oldest = sa.select(logs.c.seq).where(*wanted).order_by(logs.c.id).limit(count)
        with engine.begin() as connection:
            numbers = connection.execute(oldest).scalars().all()
            for owner in delete_rows(connection, numbers):
                drop_empty(connection, owner)
        deleted += len(numbers)
        if len(numbers) < count:
            break
    return deleted
