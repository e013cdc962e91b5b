"""What is stored in one transaction: rows, their bodies, and how far the journal was read."""

from __future__ import annotations

import logging
from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING

from msgspec import Struct, field
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from torana.control.analytics.rollups import Rollups, newest, stored_after
from torana.control.log_blocks import Blocks
from torana.control.log_limits import note_stored
from torana.control.meters import Meters
from torana.control.router.taking import Taken, Taking
from torana.control.rows import Row
from torana.control.stored_responses import ResponseRow
from torana.control.totals import Totals
from torana.storage.sql import insert_new, replace
from torana.storage.tables import journal_positions, log_bodies, logs, responses

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from torana.control.log_limits import Owner

_LARGEST = (1 << 63) - 1
_REFUSALS = (ValueError, OverflowError, DataError, IntegrityError, InterfaceError, ProgrammingError)
"""What a database says to a value it cannot take, as opposed to not being able to store anything."""

_OWNER: Callable[[Row], Owner] = itemgetter(1, 2)
"""Account and gateway of a row, in the order of the table's columns less `seq`."""

_TIMES: Callable[[Row], tuple[int, int]] = itemgetter(4, 11)
"""When it began, and how long it took; likewise."""

_log = logging.getLogger("torana.ingest")


class Batch(Struct):
    rows: list[Row] = field(default_factory=list)
    unlogged: list[Row] = field(default_factory=list)
    """What no log is kept of, and what is summed all the same."""
    chunks: list[tuple[int, bytes]] = field(default_factory=list)
    responses: list[ResponseRow] = field(default_factory=list)
    """What clients may go on from."""
    taken: list[Taken] = field(default_factory=list)
    """What came through the router, logged or not."""
    places: dict[str, int] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    """Of what is new, once it is written."""
    over_limit: Counter[str] = field(default_factory=Counter)
    size: int = 0
    """Of the journal's frames, those of records that are left out too."""

    @property
    def newest_s(self) -> float:
        """Unix time at which the last of its rows was finished."""
        created_ms, duration_us = _TIMES(self.rows[-1])
        return created_ms / 1e3 + duration_us / 1e6

    @property
    def owners(self) -> Counter[Owner]:
        """How many of its rows are whose."""
        return Counter(map(_OWNER, self.rows))


class Writer:
    """One a store."""

    def __init__(self, engine: Engine) -> None:
        self.refused = 0
        """Records that the database could not take."""
        self.blocks = Blocks(engine)
        self._engine = engine
        self._rollups = Rollups(engine)
        self._meters = Meters(engine)
        self._taking = Taking(engine)
        self._insert_log = insert_new(engine, logs, "seq", "feedback", "score")
        self._insert_chunk = insert_new(engine, log_bodies)
        self._insert_response = insert_new(engine, responses)
        self._replace_place = replace(engine, journal_positions)

    def write(self, batch: Batch) -> int:
        """All of it or nothing, but for rows that the database cannot take; how many logs are new."""
        try:
            with self._engine.begin() as connection:
                return self._write(connection, batch.rows, batch)
        except _REFUSALS:
            with self._engine.begin() as connection:
                batch.unlogged = [*map(_tamed, batch.unlogged)]
                rows = [row for row in map(_tamed, batch.rows) if self._is_taken(connection, row)]
                return self._write(connection, rows, batch)

    def _write(self, connection: Connection, rows: list[Row], batch: Batch) -> int:
        stored, batch.totals = 0, Totals()
        if rows:
            place = newest(connection)
            stored = connection.exec_driver_sql(self._insert_log, rows).rowcount
            note_stored(connection, Counter(map(_OWNER, rows)), stored)
            # What was read twice must not be counted twice.
            new = rows if stored == len(rows) else stored_after(connection, place, rows)
            batch.totals.take(self._rollups.add(connection, new))
            self._meters.add(connection, new)
            self.blocks.add(connection, rows)
        if batch.unlogged:
            batch.totals.take(self._rollups.add(connection, batch.unlogged))
            self._meters.add(connection, batch.unlogged)
        if batch.chunks:
            connection.exec_driver_sql(self._insert_chunk, batch.chunks)
        if batch.responses:
            connection.exec_driver_sql(self._insert_response, batch.responses)
        if batch.taken:
            self._taking.write(connection, batch.taken)
        connection.exec_driver_sql(self._replace_place, list(batch.places.items()))
        return stored

    def _is_taken(self, connection: Connection, row: Row) -> bool:
        """Whether the database takes such a row; tried and undone, so that one bad row does not stop the others."""
        savepoint = connection.begin_nested()
        try:
            connection.exec_driver_sql(self._insert_log, row)
        except _REFUSALS:
            _log.exception("log %s cannot be stored", row[0])
            self.refused += 1
            return False
        finally:
            savepoint.rollback()
        return True


def _tamed(row: Row) -> Row:
    """Numbers within 64 bits, text without what a database may refuse."""
    return tuple(
        max(-_LARGEST, min(_LARGEST, value))
        if isinstance(value, int)
        else value.replace("\0", "").encode("utf-8", "replace").decode()
        if isinstance(value, str)
        else value
        for value in row
    )
