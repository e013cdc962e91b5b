"""Moves what the workers wrote to the journal into the store.

A batch of rows and the place it was read up to are one transaction, so a killed ingester goes on where it was: nothing
is lost, and what is read twice is ignored by its id. A segment is deleted once it is abandoned, read and on the disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import TYPE_CHECKING, Protocol

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from torana.control import aside
from torana.control.batch import Batch, Writer
from torana.control.custom_prices import CustomPrices
from torana.control.log_limits import Limits
from torana.control.logs import Bodies, Packer
from torana.control.retention import DAY_MS, delete_older, delete_surplus
from torana.control.router.taking import taken_of
from torana.control.rows import Rows
from torana.control.stored_responses import row_of
from torana.control.totals import Totals
from torana.formats.reading import read as read_bodies
from torana.journal import is_abandoned, read, segments
from torana.priority import give_way
from torana.storage.locks import FileLock
from torana.storage.sql import flush_to_disk
from torana.storage.tables import journal_positions, log_bodies

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from torana.catalog.prices import Prices
    from torana.journal import Record

BATCH_ROWS = 500
"""Half as many as would be cheapest: while they are committed, who waits for the core waits a millisecond or two."""
BATCH_BYTES = 8 << 20
CHUNK_BYTES = 64 << 10
_READ_BYTES = 256 << 10
_RECORDS_A_TURN = 8
_PASS_S = 1.0
_LAST_PASS_S = 2.0
_BUSY_S = 0.2
_IDLE_S = 0.1
_LONGEST_BACKOFF_S = 5.0
_SWEEP_S = 0.2
_SWEEP_EVERY_S = 60.0
_MOST_CORRUPT = 16
_ASIDE_BYTES = 256 << 20
_log = logging.getLogger("torana.ingest")


class Sink(Protocol):
    """Takes part in what is stored: called in the ingester's thread, so it must not wait for anybody."""

    def refresh(self) -> None: ...
    def note(self, record: Record, bodies: Bodies | None, cost_nano: int | None) -> None: ...
    def release(self) -> None:
        """What was noted is stored."""

    def forget(self) -> None:
        """It is not, and will be noted again."""


class Ingester:
    """One a data directory, by the lock; `run_once` is for one thread at a time."""

    def __init__(self, engine: Engine, folder: Path, prices: Prices, lock: Path, batch_rows: int = BATCH_ROWS) -> None:
        self.totals = Totals()
        self.stored = 0
        self.bytes = 0
        """Of heads and bodies stored, compressed."""
        self.lag_s = 0.0
        """Age of the newest record of the last batch when it was stored."""
        self.level_at = time.time()
        """Unix seconds at which last all of the journal was stored, as far as it was written when that was begun."""
        self.pending_bytes = 0
        """Of the journal, not read yet at the end of the last pass."""
        self.corrupt = 0
        """Frames that were no records; their segment is kept beside the others, as `.corrupt`."""
        self.aside_limit = _ASIDE_BYTES
        """Bytes that such segments may take together."""
        self.torn = 0
        """Last frames that were cut short because their writer died."""
        self.refused = 0
        """Records that the database could not take."""
        self.over_limit: Counter[str] = Counter()
        """Records not stored because their gateway, by its id, has as many logs as it may have."""
        self.deleted: Counter[str] = Counter()
        """Logs deleted for others to come, `limit`, or for their age, `age`."""
        self.retention_days = 0
        """Older logs are deleted; 0 = none."""
        self.failures = 0
        """Passes in a row that failed; the journal waits."""
        self.error = ""
        """Of the last failed pass; empty when the last one went well."""
        self.sink: Sink | None = None
        """Is shown each exchange, and told when it is stored."""
        self._engine = engine
        self._folder = folder
        self._batch_rows = batch_rows
        self._custom = CustomPrices(engine)
        self._rows = Rows(prices, self._custom)
        self._lock = FileLock(lock)
        self._places: dict[str, int] = {}
        self._is_loaded = False
        self._limits = Limits()
        self._next_sweep = 0.0
        self._writer = Writer(engine)
        self._batch = Batch()
        self._packer = Packer()
        self._chunk: dict[str, Bodies] = {}
        self._chunk_id = 0
        self._chunk_size = 0

    @property
    def is_level(self) -> bool:
        """Whether all that was in the journal at the last pass is stored, and it was this one who stored it."""
        return self._lock.held and self._is_loaded and not self.pending_bytes

    @property
    def prices(self) -> Prices:
        return self._rows.prices

    @prices.setter
    def prices(self, prices: Prices) -> None:
        """The new ones hold from the next record on."""
        self._rows.prices = prices

    def run_once(self, seconds: float = float("inf")) -> int:
        """Stores what is in the journal, for about `seconds` at most; the rows stored. 0 where another ingests.

        SQLAlchemyError or OSError where the store or the journal fails; then it can be called again.
        """
        if not self._lock.take():
            return 0
        deadline, began = time.monotonic() + seconds, time.time()
        before = self.stored
        self.pending_bytes = 0
        self._custom.look()
        try:
            if not self._is_loaded:
                self._load()
            if self.sink is not None:
                self.sink.refresh()
            done = [path for path in segments(self._folder) if self._read_segment(path, deadline)]
            self._store()
            self._discard(done)
            if not self.pending_bytes:
                self.level_at = began
        except BaseException:
            self._is_loaded = False  # what is known of the store and of the batch may be wrong now
            raise
        return self.stored - before

    def close(self) -> None:
        """Lets another process ingest."""
        self._is_loaded = False
        self._lock.release()

    async def run(self, stop: asyncio.Event) -> None:
        """Ingests until `stop`; what fails is tried again, with pauses that grow."""
        try:
            while not stop.is_set():
                pause = await asyncio.to_thread(self._pass, _PASS_S)
                if pause:
                    await _sleep(stop, pause)
            await asyncio.to_thread(self._pass, _LAST_PASS_S)
        finally:
            self.close()

    def _pass(self, seconds: float) -> float:
        """One pass, and how long to pause after it."""
        started = time.monotonic()
        try:
            stored = self.run_once(seconds)
            self._sweep()
        except (SQLAlchemyError, OSError) as error:
            return self._failed(str(error.orig) if isinstance(error, sa.exc.DBAPIError) else str(error))
        except Exception as error:  # noqa: BLE001  # the outermost place of this thread
            _log.exception("a bug keeps logs from being stored")
            return self._failed(repr(error))
        if self.failures:
            _log.warning("logs are stored again")
        self.failures, self.error = 0, ""
        if time.monotonic() - started >= seconds:
            return 0.0
        # Under load larger batches are cheaper; when little happens a log should be seen soon.
        is_busy = stored >= BATCH_ROWS
        return _BUSY_S if is_busy else _IDLE_S

    def _sweep(self) -> None:
        """Deletes what is too old, for a moment at a time: new logs come first."""
        if not self.retention_days or not self._lock.held or time.monotonic() < self._next_sweep:
            return
        oldest_ms = int(time.time() * 1000) - self.retention_days * DAY_MS
        deleted, is_done = delete_older(self._engine, oldest_ms, _SWEEP_S)
        self.deleted["age"] += deleted
        if deleted:
            self._is_loaded = False  # blocks of logs may be gone
        if is_done:
            self._next_sweep = time.monotonic() + _SWEEP_EVERY_S

    def _failed(self, reason: str) -> float:
        self.failures += 1
        self.error = reason
        if self.failures == 1:
            _log.warning("logs wait in the journal: %s", reason)
        return _backoff_s(self.failures)

    def _load(self) -> None:
        """Where the database says that we are."""
        aside.prune(self._folder, self.aside_limit)  # the limit may have been another
        there = {path.name for path in segments(self._folder)}
        with self._engine.begin() as connection:
            places = {row.segment: row.next_offset for row in connection.execute(sa.select(journal_positions))}
            _forget(connection, places.keys() - there)
            newest = connection.execute(sa.select(sa.func.max(log_bodies.c.id))).scalar_one()
        self._chunk_id = (newest or 0) + 1
        self._places = {name: place for name, place in places.items() if name in there}
        self._batch, self._chunk, self._chunk_size = Batch(), {}, 0
        if self.sink is not None:
            self.sink.forget()
        self._writer.blocks.clear()
        self._is_loaded = True

    def _read_segment(self, path: Path, deadline: float) -> bool:
        """Whether nothing is left in it and nothing will come."""
        # Asked before reading: what is written in between is read by the next pass.
        abandoned = is_abandoned(path)
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return False
        at, corrupt = self._place(path.name, size), 0
        while at < size and time.monotonic() < deadline:
            start, errors = at, self.corrupt
            at = self._read_frames(path, at, deadline)
            corrupt += self.corrupt - errors
            if corrupt > _MOST_CORRUPT:
                at = size
            self._set_place(path.name, at)
            if at == start:
                break
        self.pending_bytes += size - at
        if not abandoned or time.monotonic() >= deadline:
            return False
        if at < size:
            self.torn += 1
        return True

    def _place(self, name: str, size: int) -> int:
        at = self._places.get(name, 0)
        return at if at <= size else 0

    def _set_place(self, name: str, at: int) -> None:
        if self._places.get(name, 0) != at:
            self._places[name] = self._batch.places[name] = at

    def _read_frames(self, path: Path, at: int, deadline: float) -> int:
        """Puts records in the batch; the place after the last one."""
        try:
            for frame in read(path, at, _READ_BYTES, lightly=True):
                self._add(frame.record, frame.next_offset - at)
                at = frame.next_offset
                if len(self._batch.rows) >= self._batch_rows or self._batch.size >= BATCH_BYTES:
                    self._set_place(path.name, at)
                    self._store()
                    if time.monotonic() >= deadline:
                        break
        except msgspec.DecodeError as error:
            _log.error("a frame of `%s` at %d is no record: %s", path, at, error)
            self.corrupt += 1
            aside.mark(path)
            at = _after_corrupt(path, at)
        return at

    def _add(self, record: Record, size: int) -> None:
        batch, rows = self._batch, self._rows
        if not batch.size:
            with self._engine.connect() as connection:
                self._limits.read(connection)
        batch.size += size
        if not len(batch.rows) % _RECORDS_A_TURN:
            give_way()
        if record.is_unread:
            read_bodies(record, record.format)
        if record.kept and (kept := row_of(record)) is not None:
            batch.responses.append(kept)
        if record.routed and (taken := taken_of(record)) is not None:
            batch.taken.append(taken)
        if not self._limits.takes((record.account_id, record.gateway_id)):
            self._leave_out(record)
            return
        bodies = rows.bodies(record)
        priced = rows.price(record)
        batch.rows.append(rows.log(record, priced, None if bodies is None else self._chunk_id))
        if bodies is not None:
            self._chunk[record.id] = bodies
            self._chunk_size += size
            if self._chunk_size >= CHUNK_BYTES:
                self._pack()
        if self.sink is not None:
            self.sink.note(record, bodies, priced[0])

    def _leave_out(self, record: Record) -> None:
        """What was asked is counted all the same."""
        batch, rows = self._batch, self._rows
        priced = rows.price(record)
        if self.sink is not None:
            self.sink.note(record, rows.bodies(record), priced[0])
        batch.unlogged.append(rows.log(record, priced, None))
        batch.over_limit[record.gateway_id] += 1

    def _pack(self) -> None:
        if self._chunk:
            self._batch.chunks.append((self._chunk_id, self._packer.pack(self._chunk)))
            self._chunk, self._chunk_size = {}, 0
            self._chunk_id += 1

    def _store(self) -> None:
        self._pack()
        batch = self._batch
        if not batch.places:
            return
        for surplus in self._limits.surplus(batch.owners):
            self.deleted["limit"] += delete_surplus(self._engine, surplus)
            self._writer.blocks.clear()  # those of what is gone may be gone
        stored = self._writer.write(batch)
        self.refused = self._writer.refused
        self._batch = Batch()
        self.stored += stored
        self.bytes += sum(len(chunk) for _, chunk in batch.chunks)
        self.totals.merge(batch.totals)
        self.over_limit += batch.over_limit
        if self.sink is not None:
            self.sink.release()
        if batch.rows:
            self.lag_s = max(0.0, time.time() - batch.newest_s)

    def _discard(self, done: list[Path]) -> None:
        if not done:
            return
        flush_to_disk(self._engine)  # a commit alone need not survive the machine; the segment would have
        for path in done:
            if aside.is_marked(path):
                aside.set_aside(path, self.aside_limit)
            else:
                path.unlink(missing_ok=True)
        names = {path.name for path in done}
        with self._engine.begin() as connection:
            _forget(connection, names)
        for name in names:
            self._places.pop(name, None)


def _backoff_s(failures: int) -> float:
    return min(_IDLE_S * (1 << min(failures, 16)), _LONGEST_BACKOFF_S)


def _after_corrupt(path: Path, at: int) -> int:
    """Where the next frame should begin; the end of the file where that cannot be told."""
    with path.open("rb") as file:
        file.seek(at)
        length = int.from_bytes(file.read(4), "little")
        end = file.seek(0, 2)
    return at + 4 + length if length and at + 4 + length <= end else end


def _forget(connection: Connection, names: set[str]) -> None:
    if names:
        connection.execute(sa.delete(journal_positions).where(journal_positions.c.segment.in_(names)))


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
