"""Ids that sort by time: UUIDv7 (RFC 9562), counted within the millisecond as its method 1 has it."""

from __future__ import annotations

import random
import time

_LARGEST_COUNT = 0xFFF
_CLOCK_SET_BACK_MS = 10_000


class _Maker:
    """One a process. What changes seldom is formatted once: the clock's high part, and a random end of its own."""

    __slots__ = ("_count", "_draw", "_end", "_high", "_ms", "_start", "_start_of_ms")

    def __init__(self) -> None:
        self._draw = random.Random().getrandbits  # noqa: S311  # seeded by the system; ids are no secrets
        self._ms = self._high = self._count = 0
        self._start = self._start_of_ms = self._end = ""

    def make(self) -> str:
        """A new id in lower case; those of one process sort as they were made."""
        ms = time.time_ns() // 1_000_000
        if ms > self._ms:
            self._begin(ms)
            return f"{self._start_of_ms}000{self._end}"
        if ms < self._ms - _CLOCK_SET_BACK_MS:
            self._high = 0  # its ids would come again but for a new end
            self._begin(ms)
        elif self._count == _LARGEST_COUNT:
            self._begin(self._ms + 1)  # ahead of the clock, which RFC 9562 6.2 allows
        else:
            self._count += 1
        return f"{self._start_of_ms}{self._count:03x}{self._end}"

    def _begin(self, ms: int) -> None:
        """The first of a millisecond."""
        self._ms, self._count = ms, 0
        if ms >> 16 != self._high:
            self._high = ms >> 16
            drawn = self._draw(62)
            self._start = f"{self._high:08x}-"
            self._end = f"-{0x8000 | drawn >> 48:04x}-{drawn & 0xFFFFFFFFFFFF:012x}"
        self._start_of_ms = f"{self._start}{ms & 0xFFFF:04x}-7"


uuid7 = _Maker().make
