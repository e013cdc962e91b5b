"""A request that waits for nothing but its upstream's answer: asked and answered without a coroutine.

Three of those, one within the other, and the future that they wait for, are an eighth of what a plain request costs.
What is not so plain goes the way of `Flow`, whose words for refusals and ends are used here too.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from torana.errors import UpstreamBroken, UpstreamError
from torana.message import Reply
from torana.wire.errand import Pending

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine, Generator

    from torana.exchange import Asker, Attempt, Exchange, Opening
    from torana.message import Call


_ESCAPED = (b'"', b"\\", b"/")
"""What JSON may write in two ways, besides as `\\u00…`."""
_ESCAPED_ASCII = b"\\u00"


class Kept(Protocol):
    """A connection to the upstream that was there already."""

    @property
    def is_stale(self) -> bool:
        """It died before a byte of the answer came: the call may be made again."""

    def abort(self) -> None: ...


class Wire(Protocol):
    def ask(self, call: Call, answer: Direct) -> Kept | None:
        """None where no connection is kept: nothing was sent."""

    def send(self, call: Call) -> Awaitable[Reply]: ...
    def send_anew(self, call: Call) -> Awaitable[Reply]:
        """On a new connection."""


class Ends(Protocol):
    """How an exchange may go on once its upstream has answered, or has not."""

    def reviewed(self, x: Exchange, reply: Reply) -> Reply: ...
    def failed(self, x: Exchange, error: Exception) -> Reply: ...
    def delivered(self, x: Exchange, reply: Reply) -> Reply: ...
    def left(self, x: Exchange) -> None: ...
    def finish(self, x: Exchange, called: Awaitable[Reply]) -> Coroutine[object, None, Reply]: ...


def is_direct(opening: Opening) -> bool:
    """Whether all that a request with this head waits for is its upstream's answer, once it is admitted."""
    target = opening.target
    is_plain = target is not None and not target.is_local and opening.translation is None and opening.sign is None
    return is_plain and opening.refusal is None and opening.retries is None and not opening.form


def is_read_later(opening: Opening) -> bool:
    """Whether model and usage are read where the log is stored: no policy asks, and the record has both bodies.

    It takes a sixth of a plain request's time away from those that wait for their answers.
    """
    gateway, target = opening.gateway, opening.target
    if not opening.is_direct or target is None or target.model or target.is_stream or opening.coding:
        return False
    if any(escaped in secret for secret in opening.secrets for escaped in _ESCAPED):
        return False
    return opening.options.collect_payload and not gateway.admit and not gateway.review


def is_plain(body: bytes) -> bool:
    """What is read of it later has no secret in it that the journal could not see and mask: no letter is escaped."""
    return body.find(_ESCAPED_ASCII) < 0


class Direct:
    """Whom the answer is for: an `Asking` to the client's connection, an `Awaiting` to the upstream's."""

    __slots__ = ("_asker", "_attempt", "_call", "_ends", "_kept", "_wire", "_x")

    _asker: Asker

    def __init__(self, x: Exchange, attempt: Attempt, call: Call, wire: Wire, ends: Ends) -> None:
        self._x = x
        self._attempt = attempt
        self._call = call
        self._wire = wire
        self._ends = ends
        self._kept: Kept | None = None

    def ask(self) -> Direct | Coroutine[object, None, Reply]:
        """Itself, or where no connection is kept, the usual way."""
        kept = self._kept = self._wire.ask(self._call, self)
        return self if kept is not None else self._ends.finish(self._x, self._sent(self._wire.send(self._call)))

    # What the client's connection says

    def tell(self, asker: Asker) -> None:
        self._asker = asker

    def __await__(self) -> Generator[object, None, Reply]:
        waiting = _Waiting(loop=asyncio.get_running_loop())
        waiting.waiter = None
        self._asker = waiting
        try:
            reply = yield from waiting
        except asyncio.CancelledError:
            self.cancel()
            raise
        return reply if waiting.rest is None else (yield from waiting.rest.__await__())

    def cancel(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.abort()
            self._ends.left(self._x)

    # What the upstream's connection says

    def done(self) -> bool:
        return self._kept is None

    def give(self, reply: Reply) -> None:
        x, ends = self._x, self._ends
        self._kept = None
        attempt = self._attempt
        try:
            x.log.first_byte_s = attempt.first_byte_s = time.perf_counter() - x.started
            attempt.status = reply.status
            try:
                reply = ends.reviewed(x, reply)
            except Exception as error:  # noqa: BLE001  # told in the words of the gateway
                reply = ends.failed(x, error)
            reply = ends.delivered(x, reply)
        except Exception as error:  # noqa: BLE001  # the upstream's connection has nothing to do with it
            self._asker.failed(error)
        else:
            self._asker.answered(reply)

    def fail(self, error: Exception) -> None:
        kept, self._kept = self._kept, None
        if type(error) is UpstreamBroken and kept is not None and kept.is_stale:
            self._asker.begin(self._ends.finish(self._x, self._sent(self._wire.send_anew(self._call))))
            return
        self._note(error)
        try:
            reply = self._ends.delivered(self._x, self._ends.failed(self._x, error))
        except Exception as bug:  # noqa: BLE001  # as above
            self._asker.failed(bug)
        else:
            self._asker.answered(reply)

    async def _sent(self, sending: Awaitable[Reply]) -> Reply:
        x, attempt = self._x, self._attempt
        try:
            reply = await sending
        except UpstreamError as error:
            self._note(error)
            raise
        x.log.first_byte_s = attempt.first_byte_s = time.perf_counter() - x.started
        attempt.status = reply.status
        return reply

    def _note(self, error: Exception) -> None:
        self._attempt.error, self._attempt.ended_s = str(error), time.perf_counter() - self._x.started


class _Waiting(Pending):
    """The asker in the place of who awaits a `Direct`."""

    __slots__ = ("rest",)

    rest: Coroutine[object, None, Reply] | None

    def __init__(self, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self.rest = None

    def answered(self, reply: Reply) -> None:
        self.give(reply)

    def failed(self, error: Exception) -> None:
        self.fail(error)

    def begin(self, coroutine: Coroutine[object, None, Reply]) -> None:
        self.rest = coroutine
        self.give(Reply(0, []))  # that of the coroutine takes its place
