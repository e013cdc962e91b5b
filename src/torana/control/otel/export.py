"""Takes spans from the ingester to their collectors, and never makes it wait.

Each collector has a queue of its own, bounded in exchanges and in bytes; what does not fit is lost and counted. A
collector that is away or slow is asked again, ever less often, while its queue holds what it can.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from torana.addresses import Reach
from torana.control.otel.encoding import encode
from torana.control.otel.sending import Outcome, Sender
from torana.control.otel.spans import SERVER, Span, spans_of
from torana.control.otel.targets import NoSuchSecret, Target, resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torana.control.logs import Bodies
    from torana.journal import Record

MOST_QUEUED = 4_096
MOST_QUEUED_BYTES = 16 << 20
MOST_BYTES = 128 << 20
"""Of all queues together."""
AT_ONCE = 256
AT_ONCE_BYTES = 2 << 20
_THREADS = 8
"""Collectors that are spoken to at once."""
_TICK_S = 0.25
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0
_LAST_SEND_S = 5.0
_TOLD_EVERY_S = 60.0
_SPAN_BYTES = 1_024

log = logging.getLogger("torana.control")


class Exchange(Struct, frozen=True):
    """The spans of one, and about their size."""

    spans: list[Span]
    size: int


class Counts(Struct):
    """Of spans, since the start. `reason` is of the last that were lost."""

    exported: int = 0
    dropped: int = 0
    failed: int = 0
    """Attempts to send that failed, whether or not they are made again."""
    reason: str = ""


class _Queue(Struct):
    target: Target
    waiting: deque[Exchange] = field(default_factory=deque)
    size: int = 0
    failures: int = 0
    next_s: float = 0.0
    is_busy: bool = False


class Targets(Struct, frozen=True):
    """All that is configured now."""

    process: Target | None = None
    gateways: dict[tuple[str, str], list[Target]] = {}

    def of(self, account_id: str, gateway_id: str) -> list[Target]:
        found = self.gateways.get((account_id, gateway_id), [])
        return found if self.process is None else [self.process, *found]

    def all(self) -> set[Target]:
        own = {target for targets in self.gateways.values() for target in targets}
        return own if self.process is None else {self.process, *own}


class Exporter:
    """`note`, `release` and `forget` are the ingester's, called in its thread; `run` is the event loop's."""

    def __init__(
        self,
        find_targets: Callable[[], Targets],
        authority: str = "",
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        reach: Reach | None = None,
    ) -> None:
        """`reach` is what gateways' collectors may lead to; None = the public internet alone."""
        self.counts = Counts()
        self._find_targets = find_targets
        self._targets = Targets()
        self._environ = os.environ if environ is None else environ
        self._sender = Sender(authority, reach or Reach())
        self._clock = clock
        self._noted: list[tuple[list[Target], Exchange]] = []
        self._queues: dict[Target, _Queue] = {}
        self._lock = threading.Lock()
        self._size = 0
        self._told_s = -_TOLD_EVERY_S
        self._told_dropped = 0

    @property
    def queued(self) -> int:
        """Exchanges that wait."""
        with self._lock:
            return sum(len(queue.waiting) for queue in self._queues.values())

    def refresh(self) -> None:
        """Sees what was configured since."""
        found = self._find_targets()
        if found is not self._targets:
            self._targets = found
            self._leave(found.all())

    def _leave(self, kept: set[Target]) -> None:
        """What waits for a collector that is no longer configured goes."""
        with self._lock:
            for target, queue in self._queues.items():
                if target not in kept and not queue.is_busy:
                    self._drop(
                        sum(len(one.spans) for one in queue.waiting), f"`{target.host}` is no collector any more"
                    )
                    self._size -= queue.size
                    queue.waiting, queue.size = deque(), 0

    def note(self, record: Record, bodies: Bodies | None, cost_nano: int | None) -> None:
        """An exchange that is about to be stored."""
        targets = self._targets.of(record.account_id, record.gateway_id)
        if targets:
            try:
                spans = spans_of(record, bodies, cost_nano)
            except Exception:
                log.exception("log %s has no spans", record.id)  # one bad body would otherwise stop all logs
                return
            self._noted.append((targets, Exchange(spans, _size(spans))))

    def release(self) -> None:
        """All that were noted are stored now."""
        noted, self._noted = self._noted, []
        if not noted:
            return
        with self._lock:
            for targets, exchange in noted:
                for target in targets:
                    self._enqueue(target, exchange)

    def forget(self) -> None:
        """They were not stored: they will be noted again."""
        self._noted = []

    def _enqueue(self, target: Target, exchange: Exchange) -> None:
        queue = self._queues.get(target)
        if queue is None:
            queue = self._queues[target] = _Queue(target)
        is_full = len(queue.waiting) >= MOST_QUEUED or queue.size + exchange.size > MOST_QUEUED_BYTES
        if is_full or self._size + exchange.size > MOST_BYTES:
            self._drop(len(exchange.spans), f"the queue for `{target.host}` is full")
            return
        queue.waiting.append(exchange)
        queue.size += exchange.size
        self._size += exchange.size

    async def run(self, stop: asyncio.Event) -> None:
        """Sends until `stop`, and what is left then once more, for some seconds at most."""
        sending: set[asyncio.Task[None]] = set()
        while not stop.is_set():
            self._start(sending)
            self._tell()
            await _pause(stop, _TICK_S)
        deadline = self._clock() + _LAST_SEND_S
        while self._clock() < deadline and (self._start(sending, is_last=True) or sending):
            await asyncio.wait(sending, timeout=_TICK_S)
        for task in sending:
            task.cancel()

    def _start(self, sending: set[asyncio.Task[None]], *, is_last: bool = False) -> bool:
        """Whether anything was begun. At last nobody is waited for who failed before."""
        now = self._clock()
        with self._lock:
            for target in [t for t, q in self._queues.items() if not q.waiting and not q.is_busy]:
                del self._queues[target]  # a gateway that sends nothing, or has another target now, holds nothing
            due = [
                queue
                for queue in self._queues.values()
                if queue.waiting and not queue.is_busy and now >= queue.next_s and not (is_last and queue.failures)
            ][: max(0, _THREADS - len(sending))]
            for queue in due:
                queue.is_busy = True
        for queue in due:
            task = asyncio.create_task(self._send(queue))
            sending.add(task)
            task.add_done_callback(sending.discard)
        return bool(due)

    async def _send(self, queue: _Queue) -> None:
        batch = self._take(queue)
        outcome = await _in_thread(lambda: self._post(queue.target, batch))
        with self._lock:
            self._settle(queue, batch, outcome)
            queue.is_busy = False

    def _take(self, queue: _Queue) -> list[Exchange]:
        """They stay in the queue until they are there: its bound is theirs too."""
        batch: list[Exchange] = []
        size = 0
        with self._lock:
            for exchange in queue.waiting:
                if len(batch) >= AT_ONCE or (batch and size + exchange.size > AT_ONCE_BYTES):
                    break
                batch.append(exchange)
                size += exchange.size
        return batch

    def _post(self, target: Target, batch: list[Exchange]) -> Outcome:
        try:
            headers = resolved(target, self._environ)
        except NoSuchSecret as error:
            return Outcome(str(error), is_retryable=True)
        try:
            spans = [_named(span, target) for exchange in batch for span in exchange.spans]
            body = encode(spans, dict(target.resource), target.encoding)
        except Exception:
            log.exception("a bug keeps spans from being written")
            return Outcome("a bug")
        return self._sender.send(target, headers, body)

    def _settle(self, queue: _Queue, batch: list[Exchange], outcome: Outcome) -> None:
        spans = sum(len(exchange.spans) for exchange in batch)
        if outcome.error:
            self.counts.failed += 1
            self.counts.reason = f"`{queue.target.host}`: {outcome.error}"
        if outcome.error and outcome.is_retryable:
            queue.failures += 1
            wait_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * (1 << min(queue.failures - 1, 6)))
            queue.next_s = self._clock() + max(outcome.wait_s, wait_s * random.uniform(0.5, 1.0))  # noqa: S311  # no secret
            return
        for _ in batch:
            gone = queue.waiting.popleft()
            queue.size -= gone.size
            self._size -= gone.size
        queue.failures, queue.next_s = 0, 0.0
        if outcome.error:
            self._drop(spans, self.counts.reason)
        else:
            self.counts.exported += spans

    def _drop(self, spans: int, reason: str) -> None:
        self.counts.dropped += spans
        self.counts.reason = reason

    def _tell(self) -> None:
        """At most once a minute."""
        dropped = self.counts.dropped
        if dropped != self._told_dropped and self._clock() - self._told_s >= _TOLD_EVERY_S:
            lost = dropped - self._told_dropped
            self._told_s, self._told_dropped = self._clock(), dropped
            log.warning("%d spans were lost, the last because %s", lost, self.counts.reason)


def _named(span: Span, target: Target) -> Span:
    """Requests have the name that the target's dialect gives them; attempts their own."""
    if not target.span_name or span.kind != SERVER:
        return span
    return msgspec.structs.replace(span, name=target.span_name)


def _size(spans: list[Span]) -> int:
    texts = (len(value) for span in spans for value in span.attributes.values() if isinstance(value, str))
    return _SPAN_BYTES * len(spans) + sum(texts)


async def _in_thread(post: Callable[[], Outcome]) -> Outcome:
    """In a thread that the end of the process does not wait for."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Outcome] = loop.create_future()

    def finish(outcome: Outcome) -> None:
        if not done.done():
            done.set_result(outcome)

    def work() -> None:
        outcome = post()
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(finish, outcome)

    threading.Thread(target=work, name="otel", daemon=True).start()
    return await done


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
