"""A handler at work, without a task for as long as it waits for nothing but its upstream.

A task begins in the next turn of the loop, is woken in one more and stands in a set of all tasks meanwhile: a tenth of
what a request costs. So a handler is begun at once, and goes on in the moment in which the upstream's answer is there.
Where it waits for anything else, a task takes it over as it is.
"""

from __future__ import annotations

import asyncio
import types
from typing import TYPE_CHECKING, Protocol

from torana.message import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

    from torana.exchange import Asking


class Awaiting(Protocol):
    """Whom an upstream's answer is for: told once, and not any more when he is done."""

    def done(self) -> bool: ...
    def give(self, reply: Reply) -> None: ...
    def fail(self, error: Exception) -> None: ...


class Pending(asyncio.Future[Reply]):
    """An upstream's answer that is awaited: by an errand, which `waiter` wakes at once, or by any task."""

    __slots__ = ("waiter",)

    waiter: Callable[[], None] | None

    def give(self, reply: Reply) -> None:
        self.set_result(reply)
        if self.waiter is not None:
            self.waiter()

    def fail(self, error: Exception) -> None:
        self.set_exception(error)
        if self.waiter is not None:
            self.waiter()


async def in_task() -> None:
    """Before what needs a task, such as asyncio's timeouts: goes on in one.

    Which task is current does not tell: what wakes an errand may itself be in one that is not the errand's.
    """
    await asyncio.sleep(0)


class Owner(Protocol):
    """Told the outcome, once for each `begin`; not at all of what was cancelled and ended so."""

    def answered(self, reply: Reply) -> None: ...
    def failed(self, error: Exception) -> None: ...
    def cancelled(self) -> None:
        """It was cancelled by somebody else, or by itself."""


class Errand:
    """One a connection, since it handles one request at a time."""

    __slots__ = ("_asking", "_coroutine", "_loop", "_owner", "_pending", "_task")

    def __init__(self, owner: Owner, loop: asyncio.AbstractEventLoop) -> None:
        self._owner = owner
        self._loop = loop
        self._coroutine: Coroutine[object, None, Reply] | None = None
        self._pending: Pending | None = None
        self._task: asyncio.Task[None] | None = None
        self._asking: Asking | None = None

    def expect(self, asking: Asking) -> None:
        """Nothing waits but the connection: no coroutine, no future."""
        self._asking = asking
        asking.tell(self)

    def answered(self, reply: Reply) -> None:
        self._asking = None
        self._owner.answered(reply)

    def failed(self, error: Exception) -> None:
        self._asking = None
        self._owner.failed(error)

    def begin(self, coroutine: Coroutine[object, None, Reply]) -> None:
        self._asking = None
        self._coroutine = coroutine
        self._step()

    def cancel(self) -> None:
        """Ends what waits; it may settle what it has to, but its answer is not wanted any more."""
        if self._asking is not None:
            asking, self._asking = self._asking, None
            asking.cancel()
        elif self._task is not None:
            self._task.cancel()
        elif self._pending is not None:
            coroutine, self._coroutine = self._coroutine, None
            self._pending.waiter, self._pending = None, None
            try:
                awaited = coroutine.throw(asyncio.CancelledError())  # type: ignore[union-attr]  # pending is of one
            except (StopIteration, asyncio.CancelledError):
                return
            self._coroutine = coroutine
            self._hand_over(awaited)

    def _step(self) -> None:
        try:
            awaited = self._coroutine.send(None)  # type: ignore[union-attr]  # who wakes it left it there
        except StopIteration as end:
            self._coroutine = self._pending = None
            self._owner.answered(end.value)
        except asyncio.CancelledError:
            self._coroutine = self._pending = None
            self._owner.cancelled()
        except Exception as error:  # noqa: BLE001  # the owner logs it
            self._coroutine = self._pending = None
            self._owner.failed(error)
        else:
            if type(awaited) is Pending:
                self._pending = awaited
                awaited.waiter = self._step
            else:
                self._pending = None
                self._hand_over(awaited)

    def _hand_over(self, awaited: object) -> None:
        self._task = asyncio.Task(self._finish(awaited), loop=self._loop, name="request")

    async def _finish(self, awaited: object) -> None:
        coroutine, self._coroutine = self._coroutine, None
        owner = self._owner
        try:
            reply = await _rest(coroutine, awaited)  # type: ignore[arg-type]  # it was handed over with one
        except asyncio.CancelledError:
            self._task = None
            owner.cancelled()
            raise
        except Exception as error:  # noqa: BLE001  # the owner logs it
            self._task = None
            owner.failed(error)
        else:
            self._task = None
            owner.answered(reply)


@types.coroutine
def _rest(coroutine: Coroutine[object, None, Reply], awaited: object) -> Generator[object, None, Reply]:
    """What a coroutine that waits for `awaited` has left to do."""
    while True:
        try:
            try:
                yield awaited
            except BaseException as error:  # noqa: BLE001  # whatever it is, it is meant for the coroutine
                awaited = coroutine.throw(error)
            else:
                awaited = coroutine.send(None)
        except StopIteration as end:
            reply: Reply = end.value
            return reply
