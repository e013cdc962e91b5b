"""Torana as a user starts it: `torana serve`, its processes and its log."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from bench.children import Child, NotStarted, listens, running
from bench.messages import address

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Pids(Struct, frozen=True):
    supervisor: int
    control: int | None = None
    workers: list[int] = []


class Facts(Struct, frozen=True):
    """What `torana info --json` says, as far as we need it."""

    account_id: str
    gateway_id: str
    pids: Pids
    url: str | None = None


class Gateway:
    """A running gateway; `url` is that of chat completions at its provider `openai`."""

    def __init__(self, child: Child, data_dir: Path) -> None:
        self._child = child
        self._data_dir = data_dir
        self._state = data_dir / "run" / "state.json"
        child.await_(self._is_up, "torana serve", timeout_s=60)
        facts = self.info()
        self.url = f"{facts.url}/v1/{facts.account_id}/{facts.gateway_id}/openai/chat/completions"

    @property
    def worker(self) -> int:
        return self.facts().pids.workers[0]

    @property
    def control(self) -> int:
        control = self.facts().pids.control
        assert control, "the control plane is not running"
        return control

    def info(self) -> Facts:
        """By the command that people use."""
        return msgspec.json.decode(self.run("info", "--json"), type=Facts)

    def run(self, *arguments: str) -> bytes:
        """What a command says."""
        command = [_command(), *arguments, "--data-dir", str(self._data_dir)]
        return subprocess.run(command, capture_output=True, check=True).stdout

    def facts(self) -> Facts:
        """The same from the file behind it, for those who ask many times a second."""
        return msgspec.json.decode(self._state.read_bytes(), type=Facts)

    def is_whole(self, without: Collection[int] = ()) -> bool:
        """Whether control plane and workers run, none of them one of those."""
        try:
            pids = self.facts().pids
        except (OSError, msgspec.DecodeError):
            return False
        alive = [pid for pid in (pids.control, *pids.workers) if pid and pid not in without and _is_alive(pid)]
        return len(alive) == 1 + len(pids.workers) and bool(pids.workers)

    def stored(self) -> int:
        """Rows in the log."""
        with closing(self._store()) as store:
            return int(store.execute("SELECT count(*) FROM logs").fetchone()[0])

    def stored_events(self) -> dict[str, int]:
        """How often each caller's event id stands in the log."""
        with closing(self._store()) as store:
            rows = store.execute("SELECT event_id, count(*) FROM logs WHERE event_id <> '' GROUP BY event_id")
            return {str(event): int(times) for event, times in rows}

    def await_stored(self, at_least: int, timeout_s: float = 120.0) -> None:
        """Until the ingester has nothing left to do."""
        deadline = time.monotonic() + timeout_s
        before, count = -1, self.stored()
        while count < at_least or count != before:
            if time.monotonic() > deadline:
                raise NotStarted(f"{count} of {at_least} rows in the log after {timeout_s:.0f} s")
            time.sleep(0.3)
            before, count = count, self.stored()

    def _store(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self._data_dir / 'torana.db'}?mode=ro", uri=True, timeout=30)

    def _is_up(self) -> bool:
        if not self.is_whole():
            return False
        url = self.facts().url
        return bool(url) and listens(address(str(url))[1])


@contextmanager
def serving(folder: Path, upstream: str, core: int | None, settings: dict[str, str] | None = None) -> Iterator[Gateway]:
    """`torana serve` with an empty data directory, its provider `openai` at `upstream`."""
    data_dir = folder / "data"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TORANA_")}
    environ |= {"TORANA_PROVIDER_OPENAI_URL": upstream, **(settings or {})}
    command = [_command(), "serve", "--port", "0", "--data-dir", str(data_dir)]
    with running(command, folder / "torana.log", core, environ) as child:
        yield Gateway(child, data_dir)


def version() -> str:
    said = subprocess.run([_command(), "--version"], capture_output=True, text=True, check=True).stdout
    return said.strip().rpartition(" ")[2]


def _command() -> str:
    command = Path(sys.executable).with_name("torana")
    if not command.exists():
        raise NotStarted(f"`{command}` is not there: run `make install` first")
    return str(command)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
