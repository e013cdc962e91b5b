"""Starts the process that reads a PDF, and waits for it no longer than is sensible."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE

import msgspec
from msgspec import Struct

LARGEST = 32 << 20
"""Bytes of a file."""
MOST_PAGES = 1_000
_MOST_CHARACTERS = 2_000_000
_MOST_MEMORY = 1 << 30
_SECONDS = 60
_AT_ONCE = 2
"""Files of one worker; others wait for their turn."""


class Told(Struct):
    """What a PDF says."""

    pages: int = 0
    text: str = ""
    error: str = ""
    """Why it cannot be read, for whoever sent it; empty = it was."""


_decode = msgspec.json.Decoder(Told).decode


class Reader:
    """One a worker."""

    def __init__(self, seconds: int = _SECONDS) -> None:
        self._seconds = seconds
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def read(self, data: bytes) -> Told:
        """Raises nothing but CancelledError: then the process is ended as well."""
        if len(data) > LARGEST:
            return Told(error=f"it has more than {LARGEST >> 20} MiB")
        async with self._turns:
            return await self._read(data)

    async def _read(self, data: bytes) -> Told:
        limits = [str(each) for each in (MOST_PAGES, _MOST_CHARACTERS, _MOST_MEMORY, self._seconds)]
        # No environment: it may hold secrets, and what reads a stranger's file needs none.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", "torana.plugins.pdf_text", *limits),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={},
        )
        try:
            async with asyncio.timeout(self._seconds):
                told, _ = await process.communicate(data)
        except TimeoutError:
            return Told(error=f"it takes more than {self._seconds} s to read")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            return _decode(told)
        except msgspec.DecodeError:
            return Told(error="it needs too much memory or time to read")
