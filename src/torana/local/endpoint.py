"""Starts the embedded model when it is first needed, and keeps at most one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from torana.errors import LocalModelMissing
from torana.leash import LocalEndpoint
from torana.local import requirements, weights
from torana.local.model import Listening, Order
from torana.local.weights import Weights
from torana.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger("torana.supervisor")


class Engine(Struct, frozen=True):
    """A kind of embedded model: what it is called, where its weights are, and why it cannot run (empty = it can)."""

    name: str
    find: Callable[[Settings], Weights | weights.Server]
    problem: Callable[[], str]


CHAT = Engine("local model", weights.find, requirements.problem)
COMMAND = (sys.executable, "-m", "torana.local.model")
START_TIMEOUT_S = 60.0
HOLD_S = 5.0
"""For so long a failed start is answered from memory: many callers must not mean as many loads."""


class Running(Struct):
    process: asyncio.subprocess.Process
    endpoint: LocalEndpoint
    order: Order
    words: asyncio.Task[bytes]
    ends: asyncio.Task[None] | None = None


class LocalModel:
    """`gone` is called when the endpoint that was given out is no longer there; `changed` when the pid is another."""

    def __init__(
        self,
        settings: Settings,
        gone: Callable[[], None],
        changed: Callable[[], None],
        command: Sequence[str] = COMMAND,
        start_timeout_s: float = START_TIMEOUT_S,
        engine: Engine = CHAT,
    ) -> None:
        self._settings = settings
        self._gone = gone
        self._changed = changed
        self._command = command
        self._start_timeout_s = start_timeout_s
        self._engine = engine
        self._lock = asyncio.Lock()
        self._running: Running | None = None
        self._failure = ""
        self._failed_at = 0.0

    @property
    def pid(self) -> int | None:
        return self._running.process.pid if self._running else None

    async def endpoint(self) -> LocalEndpoint:
        """Where the model listens, started if need be; LocalModelMissing says what to do."""
        async with self._lock:
            source = await asyncio.to_thread(self._engine.find, self._settings)
            if isinstance(source, weights.Server):
                return LocalEndpoint(source.url, "")
            if self._running is None:
                self._running = await self._start(source)
                self._running.ends = asyncio.create_task(self._watch(self._running))
                self._changed()
            return self._running.endpoint

    async def adopt(self, settings: Settings) -> None:
        """Takes new settings; a model that they do not ask for is stopped, and the next need starts the right one."""
        async with self._lock:
            self._settings = settings
            running = self._running
            if running is not None and not await asyncio.to_thread(self._is_wanted, settings, running.order):
                await self._stop(running)

    async def stop(self) -> None:
        async with self._lock:
            if self._running is not None:
                await self._stop(self._running)

    async def _start(self, source: Weights) -> Running:
        if problem := self._engine.problem():
            raise LocalModelMissing(problem)
        loop = asyncio.get_running_loop()
        if self._failure and loop.time() < self._failed_at + HOLD_S:
            raise LocalModelMissing(self._failure)
        order = Order(source.path, source.alias, secrets.token_urlsafe(32), self._settings.local_threads)
        began = loop.time()
        process = await self._spawn()
        words = asyncio.create_task(_last_words(process))
        try:
            async with asyncio.timeout(self._start_timeout_s):
                listening = await _hand_over(process, order)
        except TimeoutError:
            await _end(process, words, kill=True)
            raise self._failed(f"it was not ready within {self._start_timeout_s:g} s") from None
        except asyncio.CancelledError:
            process.kill()
            raise
        if not listening.url:
            raise self._failed(await _end(process, words, kill=False, problem=listening.problem))
        self._failure = ""
        took_s = loop.time() - began
        log.info("%s `%s` started in %.1f s (process %d)", self._engine.name, order.alias, took_s, process.pid)
        return Running(process, LocalEndpoint(listening.url, order.key), order, words)

    async def _spawn(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        try:
            return await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=pipe, process_group=0
            )
        except OSError as error:
            raise self._failed(str(error)) from error

    def _failed(self, why: str) -> LocalModelMissing:
        self._failure = f"the embedded model could not start: {why}"
        self._failed_at = asyncio.get_running_loop().time()
        log.error("%s", self._failure)
        return LocalModelMissing(self._failure)

    async def _watch(self, running: Running) -> None:
        ending = await _end(running.process, running.words, kill=False)
        if self._running is running:
            self._running = None
            self._gone()
            self._changed()
            log.warning("%s died, %s; the next request starts it again", self._engine.name, ending)

    def _is_wanted(self, settings: Settings, order: Order) -> bool:
        try:
            source = self._engine.find(settings)
        except LocalModelMissing:
            return False
        return source == weights.Weights(order.path, order.alias) and settings.local_threads == order.threads

    async def _stop(self, running: Running) -> None:
        self._running = None
        self._gone()
        await _end(running.process, running.words, kill=True)
        if running.ends is not None:
            await running.ends
        self._changed()


async def _hand_over(process: asyncio.subprocess.Process, order: Order) -> Listening:
    """Without a URL when it ended instead."""
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None  # noqa: S101  # both are pipes: see where the process is started
    assert stdout is not None  # noqa: S101
    with contextlib.suppress(ConnectionError):
        stdin.write(msgspec.json.encode(order) + b"\n")
        await stdin.drain()
    try:
        return msgspec.json.decode(await stdout.readline(), type=Listening)
    except msgspec.DecodeError:
        return Listening("")


async def _last_words(process: asyncio.subprocess.Process) -> bytes:
    """Reads on for as long as it lives, so that the pipe never fills."""
    assert process.stderr is not None  # noqa: S101  # a pipe: see where the process is started
    tail = b""
    while data := await process.stderr.read(1 << 16):
        tail = (tail + data)[-2000:]
    return tail


async def _end(
    process: asyncio.subprocess.Process, words: asyncio.Task[bytes], *, kill: bool, problem: str = ""
) -> str:
    """How it ended, with its last words and the problem that it told."""
    if kill:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    code = await process.wait()
    ending = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
    lines = (await words).decode(errors="replace").strip().splitlines() + ([problem] if problem else [])
    return f"{ending}: {' | '.join(lines[-3:])}" if lines else ending
