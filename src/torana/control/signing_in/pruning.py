"""Removes sessions, links and tokens that have ended by themselves, once an hour."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from torana.control.signing_in.sessions import prune

if TYPE_CHECKING:
    from torana.control.operations import Store

_PAUSE_S = 3600.0

log = logging.getLogger("torana.control")


async def keep_pruned(store: Store, stop: asyncio.Event) -> None:
    """Until `stop`."""
    while not stop.is_set():
        try:
            await asyncio.to_thread(prune, store)
        except (SQLAlchemyError, OSError) as error:
            log.warning("ended sessions are not removed now: %s", getattr(error, "orig", error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _PAUSE_S)
