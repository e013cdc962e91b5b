"""Processes that a measurement starts, and always ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from bench import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
_PATIENCE_S = 120
"""No single turn takes that long; a side that hangs must not hang the bench."""


class NotStarted(Exception):
    """A process died or did not answer in time; the message ends with its last words."""


class Child:
    """One process in a session of its own; what it prints goes to `log`."""

    def __init__(
        self, command: Sequence[str], log: Path, core: int | None, environ: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        with machine.on_core(core), log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environ,
                start_new_session=True,
            )
        self.pid = self._process.pid

    def await_(self, is_ready: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not is_ready():
            if self._process.poll() is not None:
                raise NotStarted(f"{what} ended with {self._process.returncode}:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise NotStarted(f"{what} was not ready in {timeout_s:.0f} s:\n{self.last_words()}")
            time.sleep(0.02)

    def last_words(self) -> str:
        return self.log.read_text("utf-8", "replace")[-2000:]

    def stop(self, timeout_s: float = 15.0) -> None:
        """Asks, waits, then ends the whole session: nothing that was started outlives the measurement."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


@contextmanager
def running(
    command: Sequence[str], log: Path, core: int | None, environ: Mapping[str, str] | None = None
) -> Iterator[Child]:
    child = Child(command, log, core, environ)
    try:
        yield child
    finally:
        child.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def module(name: str, *arguments: str) -> list[str]:
    """The command line of one of our own programs."""
    return [sys.executable, "-m", f"bench.{name}", *arguments]


def ask(kind: type[T], name: str, *arguments: str) -> T:
    """Runs one of our own programs beside the side under test; its answer is the one JSON line it prints."""
    with machine.on_core(machine.cores()[1]):
        done = subprocess.run(
            module(name, *arguments), cwd=ROOT, capture_output=True, text=True, check=False, timeout=_PATIENCE_S
        )
    if done.returncode:
        raise NotStarted(f"bench.{name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return msgspec.json.decode(done.stdout, type=kind)
