"""Processes evaluations in the background, one at a time; those that a stop cut short are begun again."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from torana.control.datasets import wanted
from torana.control.evaluations import Evaluation, Result, Status, next_unprocessed, settle
from torana.errors import ToranaError
from torana.storage.tables import logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from torana.control.operations import Store

_PAUSE_S = 0.5
_AFTER_FAILURE_S = 5.0
_NOTHING = {
    "cost": "none of these logs has a known cost",
    "speed": "there are no such logs",
    "human_feedback": "none of these logs was rated",
}

log = logging.getLogger("torana.control")


class Evaluator:
    """`bring_in` stores what the journal holds: a log counts from its answer on."""

    def __init__(self, store: Store, bring_in: Callable[[], object]) -> None:
        self._store = store
        self._bring_in = bring_in

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; what the store cannot do now is tried again."""
        while not stop.is_set():
            pause = await asyncio.to_thread(self._turn)
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue

    def process_next(self) -> bool:
        """Whether there was one. SQLAlchemyError or OSError where the store cannot be used."""
        with self._store.database.reader.connect() as connection:
            found = next_unprocessed(connection)
        if found is None:
            return False
        self._bring_in()
        now = self._store.now_ms()
        try:
            with self._store.database.reader.connect() as connection:
                results = evaluate(connection, found, now)
        except ToranaError as error:  # a filter that a later version no longer takes must not stop the others
            results = [_result(one, None, 0, now, error.message) for one in found.results]
        with self._store.database.writer.begin() as connection:
            settle(connection, found, results)
        return True

    def _turn(self) -> float:
        try:
            return 0.0 if self.process_next() else _PAUSE_S
        except (SQLAlchemyError, OSError) as error:
            log.warning("evaluations wait: %s", getattr(error, "orig", error))
        except Exception:
            log.exception("a bug keeps evaluations from being processed")
        return _AFTER_FAILURE_S


def evaluate(connection: Connection, found: Evaluation, now_ms: int) -> list[Result]:
    """Its results, over all logs that fit one of its datasets."""
    any_dataset = sa.or_(*(sa.and_(sa.true(), *wanted(one.fields.filters)) for one in found.datasets))
    row = connection.execute(
        sa.select(
            sa.func.count().label("total"),
            sa.func.avg(logs.c.cost_nano).label("cost_nano"),
            sa.func.avg(logs.c.duration_us).label("duration_us"),
            sa.func.count().filter(logs.c.feedback > 0).label("up"),
            sa.func.count().filter(logs.c.feedback != 0).label("rated"),
        ).where(
            logs.c.account_id == found.account_id,
            logs.c.gateway_id == found.gateway_id,
            logs.c.created_ms <= found.created_ms,
            any_dataset,
        )
    ).one()
    values = {
        "cost": None if row.cost_nano is None else f"{row.cost_nano / 1e9:.9f}".rstrip("0").rstrip("."),
        "speed": None if row.duration_us is None else f"{row.duration_us / 1e3:.2f}",
        "human_feedback": f"{100 * row.up / row.rated:.2f}" if row.rated else None,
    }
    return [_result(one, values[one.evaluation_type_id], row.total, now_ms) for one in found.results]


def _result(one: Result, value: str | None, total: int, now_ms: int, why_not: str = "") -> Result:
    status, said = Status.DONE, "processed"
    if value is None:
        status, said = Status.FAILED, why_not or _NOTHING[one.evaluation_type_id]
    return msgspec.structs.replace(
        one, result=value or "", status=status, status_description=said, total_logs=total, modified_ms=now_ms
    )
