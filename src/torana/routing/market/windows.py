"""What happened lately, counted and measured: windows that move on with the time."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

from msgspec import Struct

SERVED, FAILED, LIMITED, CALLED, SOUND = range(5)
"""What is counted: answers, failures, 429s, answers that called tools, those whose calls could be run."""
_MOST_SPEEDS = 256


class Percentiles(Struct, frozen=True, gc=False):
    """p90 is what nine of ten were as good as, or better."""

    p50: float
    p75: float
    p90: float
    p99: float


class Counted:
    """How often each of the five happened in the last so many steps of time."""

    __slots__ = ("_step_s", "_steps", "_whole", "total")

    def __init__(self, step_s: int, many: int) -> None:
        self._step_s = step_s
        self._whole = many
        self._steps: deque[tuple[int, list[int]]] = deque()
        """Number of the step since 1970, and what happened in it."""
        self.total = [0] * 5
        """Right after `move`."""

    def add(self, what: int, now_s: float) -> None:
        at = int(now_s // self._step_s)
        if not self._steps or self._steps[-1][0] < at:  # a clock that went back adds to the last one
            self._steps.append((at, [0] * 5))
            self.move(now_s)
        self._steps[-1][1][what] += 1
        self.total[what] += 1

    def move(self, now_s: float) -> None:
        """Forgets what is too old."""
        oldest = now_s // self._step_s - self._whole
        while self._steps and self._steps[0][0] <= oldest:
            _, counts = self._steps.popleft()
            for what, count in enumerate(counts):
                self.total[what] -= count


class Speeds:
    """A speed's values of the last so many seconds, the 256 latest at most; always in order."""

    __slots__ = ("_found", "_is_new", "_latest", "_rises", "_sorted", "_window_s")

    def __init__(self, window_s: float, *, rises: bool) -> None:
        """`rises`: more is better."""
        self._window_s = window_s
        self._rises = rises
        self._latest: deque[tuple[float, float]] = deque()
        """When, and what."""
        self._sorted: list[float] = []
        self._found: Percentiles | None = None
        self._is_new = False

    def add(self, value: float, now_s: float) -> None:
        if len(self._latest) >= _MOST_SPEEDS:
            self._drop()
        self._latest.append((now_s, value))
        insort(self._sorted, value)
        self._is_new = True

    def read(self, now_s: float) -> Percentiles | None:
        """None = there is nothing."""
        while self._latest and self._latest[0][0] <= now_s - self._window_s:
            self._drop()
        if self._is_new:
            self._found = self._percentiles()
            self._is_new = False
        return self._found

    def _drop(self) -> None:
        _, value = self._latest.popleft()
        del self._sorted[bisect_left(self._sorted, value)]
        self._is_new = True

    def _percentiles(self) -> Percentiles | None:
        values = self._sorted
        last = len(values) - 1
        if last < 0:
            return None
        places = [min(last, len(values) * share // 100) for share in (50, 75, 90, 99)]
        return Percentiles(*[values[last - place if self._rises else place] for place in places])
