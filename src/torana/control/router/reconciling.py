"""Counters of money follow the ledger, which is what is true.

A counter may know less than the ledger: its file was lost, or nobody counted as long as there was no limit. Then it is
raised. It may know more: what a killed worker held counts as used, and its calls may have cost less. It is lowered
where that can be told for certain: nothing was held or counted for a while, and all of the journal is in the ledger.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from torana.control.operations import reading
from torana.control.router.configured import compiled_routers
from torana.control.router.key_rows import compiled_router_keys
from torana.control.router.usage import usage_of
from torana.periods import TOTAL, period
from torana.purse import budgets_of, counter_of
from torana.storage.counters import Uncounted
from torana.storage.mapped_counters import MappedCounters, exist
from torana.storage.tables import configuration, ledger_totals

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from torana.control.operations import Store
    from torana.control.turns import SharedIngester
    from torana.storage.counters import Counter

EVERY_S = 60.0
_LOOK_S = 2.0
_INDEX = 1 << 20
"""As which it counts: no worker has so high a number."""

Label: TypeAlias = tuple[int, str]
"""Of a counter: its rule and what it is of."""

log = logging.getLogger("torana.limits")


class Reconciler:
    """One a control plane."""

    def __init__(self, store: Store, ingester: SharedIngester, folder: Path) -> None:
        self._store = store
        self._ingester = ingester
        self._folder = folder
        self._before: dict[Label, int] = {}
        """What too high counters without anything held had at the last look."""

    def run_once(self) -> int:
        """How many counters were corrected. SQLAlchemyError, OSError or Uncounted where that cannot be."""
        is_level = self._bring_in()
        with reading(self._store) as connection:
            known = due(connection, self._store.now_ms())
        rules = sorted({counter.rule for counter, _ in known})
        found: dict[Label, tuple[int, int]] = {}
        if exist(self._folder):
            with MappedCounters(self._folder) as counters:
                for rule, standings in zip(rules, counters.standings(rules), strict=True):
                    found |= {(rule, each.label): (each.used, each.held) for each in standings}
        low, high = [], []
        for counter, used in known:
            counted, held = found.get((counter.rule, counter.label), (0, 0))
            if counted < used:
                low.append((counter, used))
            elif counted > used and not held and is_level:
                high.append((counter, used, counted))
        idle = [one for one in high if self._before.get((one[0].rule, one[0].label)) == one[2]]
        self._before = {(counter.rule, counter.label): counted for counter, _, counted in high}
        return self._correct(low, idle) if low or idle else 0

    def _bring_in(self) -> bool:
        """Whether the ledger has all that was journaled until now."""
        self._ingester.run_once()
        return self._ingester.is_level

    def _correct(self, low: list[tuple[Counter, int]], high: list[tuple[Counter, int, int]]) -> int:
        with MappedCounters(self._folder, _INDEX) as counters:
            raised = sum(counters.raise_to(counter, used) for counter, used in low)
            lowered = sum(counters.lower_to(counter, used, counted) for counter, used, counted in high)
        if raised or lowered:
            log.info("counters of money follow the ledger: %d raised, %d lowered", raised, lowered)
        return raised + lowered

    async def run(self, stop: asyncio.Event) -> None:
        """At the start, after each change of the configuration, and once a minute until `stop`."""
        version = None
        while not stop.is_set():
            try:
                await asyncio.to_thread(self.run_once)
            except (SQLAlchemyError, OSError, Uncounted) as error:
                log.warning("counters of money are not compared with the ledger: %s", getattr(error, "orig", error))
            waited = 0.0
            while not stop.is_set() and waited < EVERY_S:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _LOOK_S)
                waited += _LOOK_S
                newest = await asyncio.to_thread(self._version)
                if newest != version:
                    version = newest
                    break

    def _version(self) -> int | None:
        """None where the store cannot be asked now."""
        try:
            with reading(self._store) as connection:
                return connection.execute(sa.select(configuration.c.version)).scalar_one_or_none()
        except SQLAlchemyError:
            return None


def due(connection: Connection, now_ms: int) -> list[tuple[Counter, int]]:
    """Every counter of money that there may be now, and what it should at least have counted."""
    row = ledger_totals.c
    granted = connection.execute(sa.select(row.account_id, row.usage_nano).where(row.grants_nano > 0))
    found = [(counter_of("credits", TOTAL, each.account_id), each.usage_nano) for each in granted]
    guards = {config.key: config.guardrails for config in compiled_routers(connection)}
    keys = compiled_router_keys(connection)
    usage = usage_of(connection, [key.key for key in keys], now_ms)
    for key in keys:
        spent = usage[key.key]
        if key.limit_nano is not None:
            used = spent.within(key.limit_reset).counted(with_byok=key.include_byok)
            found.append((counter_of("key", period(key.limit_reset, now_ms), key.key), used))
        for budget in budgets_of(key.guardrails, guards.get(f"{key.account_id}/{key.gateway_id}", {})):
            used = spent.within(budget.reset).counted(with_byok=budget.include_byok)
            found.append((counter_of("budget", period(budget.reset, now_ms), f"{budget.id}/{key.key}"), used))
    return found
