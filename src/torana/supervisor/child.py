"""One child process: its leash, its words, its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import msgspec

from torana.leash import Cord, FromChild

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torana.leash import Fact, ToChild

    Heard = Callable[["Child", FromChild], None]

KEPT_BYTES = 4000
FAREWELL_S = 1.0
"""For the pipe of one that is gone; something it started itself may hold it open."""


class Child:
    """`heard` is called with each of its messages."""

    def __init__(self, process: asyncio.subprocess.Process, heard: Heard) -> None:
        self.pid = process.pid
        self.facts: dict[str, Fact] = {}
        self.is_ready = False
        self._process = process
        self._heard = heard
        self._cord: Cord | None = None
        self._tail = b""
        self._reading = asyncio.create_task(self._pass_on())

    @classmethod
    async def start(
        cls, command: Sequence[str], environ: Mapping[str, str], fds: tuple[int, ...], heard: Heard
    ) -> Child:
        """Its own process group: Ctrl-C in a terminal is for the supervisor, which tells the others."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *command,
                "--leash",
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=environ,
                pass_fds=(theirs.fileno(), *fds),
                process_group=0,
            )
        child = cls(process, heard)
        ours.settimeout(0)
        child._cord = await Cord.tie(ours, child._take, lambda: None)
        return child

    def send(self, message: ToChild) -> None:
        if self._cord is not None:
            self._cord.send(message)

    def kill(self) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def wait(self) -> str:
        """Until it is gone; says how it went."""
        code = await self._process.wait()
        await asyncio.wait({self._reading}, timeout=FAREWELL_S)
        if self._cord is not None:
            self._cord.close()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

    def last_words(self, lines: int = 1) -> str:
        return "\n".join(self._tail.decode(errors="replace").strip().splitlines()[-lines:])

    def _take(self, line: bytes) -> None:
        message = msgspec.json.decode(line, type=FromChild)
        if message.ready is not None:
            self.facts, self.is_ready = message.ready, True
        self._heard(self, message)

    async def _pass_on(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  # a pipe: see start
        while data := await self._process.stdout.read(1 << 16):
            self._tail = (self._tail + data)[-KEPT_BYTES:]
            with contextlib.suppress(OSError):  # a terminal that was closed
                sys.stderr.buffer.write(data)
                sys.stderr.buffer.flush()
