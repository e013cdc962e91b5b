"""A place that is always filled: one child after another, until it is closed."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from torana.leash import ToChild

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from torana.leash import Fact
    from torana.supervisor.child import Child

    Start = Callable[[Callable[[], None]], Awaitable[Child]]
    """Starts a child; what it is given is to be called when that child is ready."""

log = logging.getLogger("torana.supervisor")

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
HEALTHY_S = 10.0
TRIES = 3


class Backoff:
    """Nothing the first time, then doubling; forgotten after a stretch of health."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def after(self, healthy_s: float) -> float:
        """Seconds to wait before the next start; `healthy_s` is how long the last one was ready."""
        delay_s = 0.0 if healthy_s >= HEALTHY_S else self._next_s
        self._next_s = min(LONGEST_DELAY_S, max(FIRST_DELAY_S, delay_s * 2))
        return delay_s


class Post:
    """`changed` is called whenever a child becomes ready or is gone. `facts` are the last that were told."""

    def __init__(self, name: str, start: Start, changed: Callable[[], None]) -> None:
        self.name = name
        self.child: Child | None = None
        self.facts: dict[str, Fact] = {}
        self.failure = ""
        """How the last start went wrong."""
        self._start = start
        self._changed = changed
        self._backoff = Backoff()
        self._closing = asyncio.Event()
        self._settled = asyncio.Event()
        self._was_ready = False
        self._ready_at = 0.0
        self._deaths = 0
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        self._task = asyncio.create_task(self._keep())

    async def settled(self) -> bool:
        """True once a child was ready; False when the first few all died before. It goes on trying either way."""
        await self._settled.wait()
        return self._was_ready

    async def drain(self, limit_s: float) -> None:
        """Lets the child finish what it does, and kills it when it takes too long."""
        self._close()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=limit_s)
            if not self._task.done():
                log.warning("%s was not done within %g s and is killed", self.name, limit_s)
                self.kill()
                await asyncio.wait({self._task})

    def kill(self) -> None:
        self._close()
        if self.child is not None:
            self.child.kill()

    def send(self, message: ToChild) -> None:
        if self.child is not None:
            self.child.send(message)

    def _close(self) -> None:
        self._closing.set()
        self.send(ToChild(drain=True))

    async def _keep(self) -> None:
        while not self._closing.is_set():
            delay_s = self._backoff.after(await self._fill())
            self._changed()
            if self._closing.is_set():
                return
            again = f"in {delay_s:g} s" if delay_s else "now"
            log.warning("%s died, %s; starting it again %s", self.name, self.failure, again)
            try:
                await asyncio.wait_for(self._closing.wait(), delay_s)
            except TimeoutError:
                continue

    async def _fill(self) -> float:
        """One child's life; for how many seconds of it was it ready?"""
        loop = asyncio.get_running_loop()
        self._ready_at = 0.0
        try:
            self.child = child = await self._start(self._is_ready)
        except OSError as error:
            self.failure = str(error)
        else:
            if child.is_ready:
                self._is_ready()
            if self._closing.is_set():
                self._close()
            ending = await child.wait()
            self.child = None
            words = child.last_words()
            self.failure = f"process {child.pid}, {ending}" + (f": {words}" if words else "")
        self._deaths += 1
        if self._deaths >= TRIES:
            self._settled.set()
        return loop.time() - self._ready_at if self._ready_at else 0.0

    def _is_ready(self) -> None:
        if self.child is not None:
            self._ready_at = asyncio.get_running_loop().time()
            self.facts = self.child.facts
            self._was_ready = True
            self._settled.set()
            self._changed()
