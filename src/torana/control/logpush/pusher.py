"""Pushes logs as they come: read behind a job's position, sent, and only then passed by.

What was sent and not noted, because the process ended in between, is sent again under the same name. A target that
fails is tried again, with pauses that grow; meanwhile its logs wait in the store, so nothing piles up here.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from torana.control.logpush.jobs import Job, list_jobs, note
from torana.control.logpush.lines import line, read_key
from torana.control.logpush.targets import Batch, PushFailed
from torana.control.logs import Chunk
from torana.control.queries import newest_stored
from torana.errors import KeyUnreadable
from torana.sealing import MasterKeyError
from torana.storage.tables import configuration, gateways, log_bodies, logpush_jobs, logs

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from sqlalchemy import Connection

    from torana.control.logpush.targets import Sender
    from torana.control.operations import Store

_POLL_S = 0.5
_LOOKED_AT = 10_000
"""Logs, of other gateways too, that one step passes by at most."""
_MOST_BYTES = 8 << 20
"""Of a batch, before compression; one log may be larger."""
_LONGEST_BACKOFF_S = 300.0
_REST_S = 5.0
_MOST_FAILURES = 1_000
_NOTE_S = 5.0

_log = logging.getLogger("torana.logpush")


class _Rule(Struct):
    """Of control.gateway_settings, what matters here."""

    logpush: bool = False
    logpush_public_key: str | None = None


class _Read(Struct, frozen=True):
    """What a job has to send: `position` is where it is once this is sent."""

    rows: Sequence[Row[tuple[object, ...]]]
    position: int
    is_full: bool


class Pusher:
    """One a store; counts are since the process started, by the job's id."""

    def __init__(self, store: Store, sender: Sender, clock: Callable[[], float] = time.monotonic) -> None:
        self.pushed: Counter[str] = Counter()
        """Logs."""
        self.failed: Counter[str] = Counter()
        """Attempts."""
        self._store = store
        self._sender = sender
        self._clock = clock
        self._version = -1
        self._keys: dict[tuple[str, str], RSAPublicKey | None] = {}
        self._not_before: dict[str, float] = {}
        self._waiting: dict[str, float] = {}
        self._noted: dict[str, float] = {}
        self._complained = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Each job in a thread of its own while it has something to do, so that a slow target holds up no other."""
        working: dict[str, asyncio.Task[None]] = {}
        while not stop.is_set():
            for job_id in await asyncio.to_thread(self._due):
                if job_id not in working:
                    working[job_id] = asyncio.create_task(asyncio.to_thread(self._work, job_id, stop))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _POLL_S)
            working = {job_id: task for job_id, task in working.items() if not task.done()}
        await asyncio.gather(*working.values())

    def run_once(self) -> bool:
        """One step of each job that is on and not resting; whether one of them may go on at once."""
        went_on = [self._step(job) for job in self._jobs()]
        return any(went_on)

    def _due(self) -> list[str]:
        """Ids; none where they cannot be told now."""
        try:
            return [job.id for job in self._jobs()]
        except Exception as error:  # noqa: BLE001  # the outermost place of this thread
            self._complain(error)
            return []

    def _work(self, job_id: str, stop: asyncio.Event) -> None:
        """Until it has nothing more to do at once."""
        try:
            while not stop.is_set() and any(self._step(job) for job in self._jobs() if job.id == job_id):
                pass
        except Exception as error:  # noqa: BLE001  # the outermost place of this thread
            self._not_before[job_id] = self._clock() + _REST_S
            self._complain(error)

    def _complain(self, error: Exception) -> None:
        """Once for each trouble: it is met again at every turn."""
        if str(error) == self._complained:
            return
        self._complained = str(error)
        known = isinstance(error, SQLAlchemyError | OSError | KeyUnreadable | MasterKeyError)
        _log.warning("logs are not pushed now: %s", getattr(error, "orig", error), exc_info=None if known else error)

    def _jobs(self) -> list[Job]:
        with self._store.database.reader.connect() as connection:
            if not connection.execute(sa.select(logpush_jobs.c.id).where(logpush_jobs.c.enabled).limit(1)).all():
                return []
            version = connection.execute(sa.select(configuration.c.version)).scalar_one_or_none() or 0
            if version != self._version:
                self._keys, self._version = pushed_gateways(connection), version
        now = self._clock()
        found = list_jobs(self._store)
        return [job for job in found if job.wish.enabled and now >= self._not_before.get(job.id, 0.0)]

    def gateways_of(self, job: Job) -> list[str]:
        """Those whose logs it pushes."""
        own = [gateway_id for account_id, gateway_id in self._keys if account_id == job.account_id]
        return own if job.wish.gateways is None else [name for name in own if name in job.wish.gateways]

    def _step(self, job: Job) -> bool:
        found = self._read(job)
        if not found.rows:
            self._waiting.pop(job.id, None)
            return self._pass_by(job, found)
        since = self._waiting.setdefault(job.id, self._clock())
        if not found.is_full and self._clock() - since < job.wish.interval_s:
            return False
        try:
            batch, position = self._pack(job, found)
            self._sender.send(job.wish.destination, batch)
        except PushFailed as error:
            self._failed(job, str(error))
            return False
        count = sum(1 for row in found.rows if row.seq <= position)
        self.pushed[job.id] += count
        self._waiting.pop(job.id, None)
        now = self._store.now_ms()
        pushed = logpush_jobs.c.pushed + count
        note(self._store, job.id, position=position, pushed=pushed, failures=0, last_success_ms=now)
        return found.is_full

    def _pass_by(self, job: Job, found: _Read) -> bool:
        """Noted now and then: a gateway that begins to push begins with what is new."""
        now = self._clock()
        if found.position > job.position and (found.is_full or now >= self._noted.get(job.id, 0.0) + _NOTE_S):
            self._noted[job.id] = now
            note(self._store, job.id, position=found.position)
        return found.is_full

    def _failed(self, job: Job, reason: str) -> None:
        self.failed[job.id] += 1
        if not job.failures:
            _log.warning("logs wait for `%s`: %s", job.wish.name, reason)
        self._not_before[job.id] = self._clock() + min(2.0**job.failures, _LONGEST_BACKOFF_S)
        failures, now = min(job.failures + 1, _MOST_FAILURES), self._store.now_ms()
        note(self._store, job.id, failures=failures, last_error=reason, last_error_ms=now)

    def _read(self, job: Job) -> _Read:
        with self._store.database.reader.connect() as connection:
            newest = min(newest_stored(connection), job.position + _LOOKED_AT)
            wanted = sa.select(logs).where(
                logs.c.seq > job.position,
                logs.c.seq <= newest,
                logs.c.account_id == job.account_id,
                logs.c.gateway_id.in_(self.gateways_of(job)),
            )
            rows = connection.execute(wanted.order_by(logs.c.seq).limit(job.wish.most_logs)).all()
        is_full = len(rows) == job.wish.most_logs or newest - job.position == _LOOKED_AT
        return _Read(rows, rows[-1].seq if len(rows) == job.wish.most_logs else newest, is_full)

    def _pack(self, job: Job, found: _Read) -> tuple[Batch, int]:
        """As many as fit, and where the job is after them."""
        lines: list[bytes] = []
        size, last, position = 0, found.rows[0], found.position
        chunk_id, chunk = None, Chunk(None)
        for row in found.rows:
            if size >= _MOST_BYTES:
                position = last.seq
                break
            if row.bodies_in is not None and row.bodies_in != chunk_id:
                chunk_id, chunk = row.bodies_in, self._chunk(row.bodies_in)
            bodies = None if row.bodies_in is None else chunk.find(row.id)
            lines.append(line(row, bodies, self._keys[row.account_id, row.gateway_id]))
            size += len(lines[-1])
            last = row
        return Batch(_name(job, found.rows[0], last), gzip.compress(b"".join(lines), 6, mtime=0)), position

    def _chunk(self, chunk_id: int) -> Chunk:
        one = sa.select(log_bodies.c.content).where(log_bodies.c.id == chunk_id)
        with self._store.database.reader.connect() as connection:
            return Chunk(connection.execute(one).scalar_one_or_none())


def pushed_gateways(connection: Connection) -> dict[tuple[str, str], RSAPublicKey | None]:
    """Account and id of gateways that have `logpush` on, with their keys."""
    found: dict[tuple[str, str], RSAPublicKey | None] = {}
    for row in connection.execute(sa.select(gateways.c.account_id, gateways.c.id, gateways.c.settings)):
        rule = msgspec.json.decode(row.settings, type=_Rule)
        if rule.logpush:
            pem = rule.logpush_public_key
            found[row.account_id, row.id] = None if pem is None else read_key(pem)
    return found


def _name(job: Job, first: Row[tuple[object, ...]], last: Row[tuple[object, ...]]) -> str:
    """As Cloudflare names them: a folder a day, the times of the first and the last log, and what tells them apart."""
    times = [time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(row.created_ms / 1000)) for row in (first, last)]
    digest = hashlib.sha256(f"{job.id} {first.seq} {last.seq}".encode()).hexdigest()[:8]
    return f"{times[0][:8]}/{times[0]}_{times[1]}_{digest}.log.gz"
