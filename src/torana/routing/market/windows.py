"""What happened lately, counted and measured: windows that move on with the time.

There may be thousands of them in a worker: numbers are kept in arrays, 11 kB for a busy endpoint.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from math import inf
from typing import NamedTuple

SERVED, FAILED, LIMITED = range(3)
"""What is counted of tries: answers, failures, 429s."""
CALLED, SOUND = range(2)
"""What is counted of answers: those that called tools, those whose calls could be run."""
_KINDS = 3
_MOST_SPEEDS = 128


class Percentiles(NamedTuple):
    """p90 is what nine of ten were as good as, or better."""

    p50: float
    p75: float
    p90: float
    p99: float


class Counted:
    """How often each kind of thing happened in the last so many steps of time."""

    __slots__ = ("_at", "_ring", "_step_s", "_steps", "total")

    def __init__(self, step_s: int, steps: int) -> None:
        self._step_s = step_s
        self._steps = steps
        self._at = 0
        """Number of the latest step since 1970."""
        self._ring = array("L", bytes(steps * _KINDS * array("L").itemsize))
        self.total = [0] * _KINDS
        """Right after `move`."""

    def add(self, what: int, now_s: float) -> None:
        self.move(now_s)
        self._ring[self._at % self._steps * _KINDS + what] += 1
        self.total[what] += 1

    def move(self, now_s: float) -> None:
        """Forgets what is too old; a clock that was set back stays in the latest step."""
        at = int(now_s // self._step_s)
        if at <= self._at:
            return
        if any(self.total):
            for step in range(max(self._at, at - self._steps) + 1, at + 1):
                self._forget(step % self._steps * _KINDS)
        self._at = at

    def _forget(self, place: int) -> None:
        for what in range(_KINDS):
            self.total[what] -= self._ring[place + what]
            self._ring[place + what] = 0


class Speeds:
    """A speed's values of the last so many seconds, the 128 latest at most; always in order."""

    __slots__ = ("_found", "_rises", "_sorted", "_times", "_values", "_window_s", "until_s")

    def __init__(self, window_s: float, *, rises: bool) -> None:
        """`rises`: more is better."""
        self._window_s = window_s
        self._rises = rises
        self._times = array("d")
        self._values = array("d")
        """At those times."""
        self._sorted = array("d")
        self._found: Percentiles | None = None
        self.until_s = inf
        """Until then `_found` holds."""

    def add(self, value: float, now_s: float) -> None:
        if len(self._times) >= _MOST_SPEEDS:
            self._drop()
        self._times.append(now_s)
        self._values.append(value)
        insort(self._sorted, value)
        self.until_s = 0.0

    def read(self, now_s: float) -> Percentiles | None:
        """None = there is nothing."""
        if now_s >= self.until_s:
            while self._times and self._times[0] <= now_s - self._window_s:
                self._drop()
            self._found = self._percentiles()
            self.until_s = self._times[0] + self._window_s if self._times else inf
        return self._found

    def _drop(self) -> None:
        """The oldest."""
        del self._sorted[bisect_left(self._sorted, self._values.pop(0))]
        del self._times[0]

    def _percentiles(self) -> Percentiles | None:
        values = self._sorted
        last = len(values) - 1
        if last < 0:
            return None
        places = [min(last, len(values) * share // 100) for share in (50, 75, 90, 99)]
        return Percentiles(*[values[last - place if self._rises else place] for place in places])
