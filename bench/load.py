"""Load: as many requests as 32 kept-alive connections get answered; wrk, or our own.

`python -m bench.load URL SECONDS` is our own, for machines without wrk; it prints one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, cast

import msgspec
import uvloop
from msgspec import Struct

from bench import machine, messages
from bench.children import ask

if TYPE_CHECKING:
    from pathlib import Path

CONNECTIONS = 32
_WRK_DONE = re.compile(r"(\d+) requests in ([\d.]+)(m?)s")
_WRK_WRONG = re.compile(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)")

_VARYING = """
local number, began, rest = 0, os.time(), wrk.body:sub(2)
request = function()
  number = number + 1
  return wrk.format(nil, nil, nil, string.format('{"user": "%d-%d", ', began, number) .. rest)
end
"""


class LoadFailed(Exception):
    """Some of the answers were not what they had to be: the figures would be of something else."""


class Load(Struct, frozen=True):
    """What was answered, in how long."""

    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


class Generator(Struct, frozen=True):
    """Which program makes the load."""

    wrk: str | None

    @property
    def name(self) -> str:
        return "wrk" if self.wrk else "our own generator"

    def run(
        self, url: str, seconds: float, folder: Path, extra: dict[str, str] | None = None, *, varies: bool = False
    ) -> Load:
        """Keeps the url busy for so long; `varies`: no two requests are the same, which only wrk can do."""
        if self.wrk:
            return _run_wrk(self.wrk, url, seconds, folder, extra or {}, _VARYING if varies else "")
        if varies:
            raise LoadFailed("requests that differ need wrk")
        return ask(Load, "load", url, str(seconds), json.dumps(extra or {}))

    def get(self, url: str, seconds: float, fields: dict[str, str]) -> Load:
        """The same of a URL that is read."""
        if self.wrk:
            return _run_wrk_bare(self.wrk, url, seconds, fields)
        return ask(Load, "load", url, str(seconds), json.dumps(fields), "GET")


def generator(*, own: bool = False) -> Generator:
    return Generator(None if own else shutil.which("wrk"))


def _run_wrk(wrk: str, url: str, seconds: float, folder: Path, extra: dict[str, str], more: str) -> Load:
    script = folder / "post.lua"
    fields = {**messages.HEADERS, **extra}
    lines = [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in fields.items()]
    script.write_text(
        f'wrk.method = "POST"\nwrk.body = [==[{messages.REQUEST.decode()}]==]\n' + "\n".join(lines) + more
    )
    length = f"{max(1, round(seconds))}s"
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{length}", "--timeout", "10s", "-s", str(script), url]
    with machine.on_core(machine.cores()[1]):
        return _read_wrk(subprocess.run(command, capture_output=True, text=True, check=True).stdout, url)


def _read_wrk(said: str, url: str) -> Load:
    if wrong := _WRK_WRONG.search(said):
        raise LoadFailed(f"{url}: {wrong[0]}")
    done = _WRK_DONE.search(said)
    if not done:
        raise LoadFailed(f"wrk said something unexpected:\n{said}")
    return Load(int(done[1]), float(done[2]) * (60 if done[3] else 1))


def _run_wrk_bare(wrk: str, url: str, seconds: float, fields: dict[str, str]) -> Load:
    said = [part for name, value in fields.items() for part in ("-H", f"{name}: {value}")]
    command = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", *said, url]
    with machine.on_core(machine.cores()[1]):
        return _read_wrk(subprocess.run(command, capture_output=True, text=True, check=True).stdout, url)


class _Caller(asyncio.Protocol):
    """One connection: the next request goes out when the answer is whole."""

    def __init__(self, request: bytes) -> None:
        self.answered = 0
        self.wrong = ""
        self._request = request
        self._received = b""
        self._wanted: int | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its base class
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        wanted = self._wanted or messages.whole_length(received)
        if wanted is None or len(received) < wanted:
            self._received, self._wanted = received, wanted
            return
        if not received.startswith(b"HTTP/1.1 200 "):
            self.wrong = received[:80].decode("latin-1")
        self._received, self._wanted = b"", None
        self.answered += 1
        if self._transport:
            self._transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        self.wrong = self.wrong or f"connection lost: {error}"

    def stop(self) -> int:
        if self.wrong:
            raise LoadFailed(self.wrong)
        if self._transport:
            self._transport.close()
        return self.answered


async def _keep_busy(url: str, seconds: float, extra: dict[str, str], *, reads: bool) -> Load:
    loop = asyncio.get_running_loop()
    host, port = messages.address(url)
    request = messages.get(url, extra) if reads else messages.post(url, messages.REQUEST, extra)
    callers = [_Caller(request) for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for caller in callers:
        await loop.create_connection(lambda caller=caller: caller, host, port)  # type: ignore[misc]  # bound early
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - started
    return Load(sum(caller.stop() for caller in callers), elapsed)


if __name__ == "__main__":
    wanted = _keep_busy(sys.argv[1], float(sys.argv[2]), json.loads(sys.argv[3]), reads=sys.argv[4:] == ["GET"])
    found = uvloop.run(wanted)
    print(msgspec.json.encode(found).decode())
