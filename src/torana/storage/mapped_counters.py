"""The counters of one machine: exact over all its workers, kept over restarts, without a server to ask."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from torana.storage.counter_file import (
    BUCKETS,
    HEAD,
    HELD,
    NEWEST,
    RING,
    SHARED,
    SLOTS,
    SLOTS_FILE,
    STRIDE,
    TOTAL,
    UNTIL_US,
    WIDTH,
    CounterFile,
)
from torana.storage.counters import Refused, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from torana.storage.counters import Counter

COUNTERS = "counters"
"""The folder, within the data directory."""
_US = 1_000_000


def _now_us() -> int:
    return time.time_ns() // 1000


def exist(folder: Path) -> bool:
    """Whether anything was ever counted there."""
    return (folder / SLOTS_FILE).exists()


class MappedCounters:
    """The `Counters` port. `worker` None = only reads."""

    def __init__(
        self, folder: Path, worker: int | None = None, now_us: Callable[[], int] = _now_us, slots: int = SLOTS
    ) -> None:
        """OSError where the file cannot be used."""
        self._file = CounterFile(folder, slots)
        self._now_us = now_us
        if worker is not None:
            self._file.attach(worker, now_us())

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self, counters: Sequence[Counter], amount: int) -> Refused | None:
        file, now = self._file, self._now_us()
        cells = file.cells
        is_shared = cells[SHARED]
        if is_shared:
            file.lock()
        try:
            places = self._room(counters, amount, now)
            if type(places) is Refused:
                return places
            for at in places:  # type: ignore[union-attr]  # not Refused
                cells[cells[at + NEWEST]] += amount
                cells[at + TOTAL] += amount
        finally:
            if is_shared:
                file.unlock()
        return None

    def hold(self, counters: Sequence[Counter], amount: int) -> Refused | None:
        file, now = self._file, self._now_us()
        cells = file.cells
        is_shared = cells[SHARED]
        if is_shared:
            file.lock()
        try:
            places = self._room(counters, amount, now)
            if type(places) is Refused:
                return places
            for at in places:  # type: ignore[union-attr]  # not Refused
                # First where a successor of this process looks, if it dies in between.
                file.held[(at - file.body) // STRIDE] += amount
                cells[at + HELD] += amount
        finally:
            if is_shared:
                file.unlock()
        return None

    def settle(self, counters: Sequence[Counter], held: int, used: int) -> None:
        file, now = self._file, self._now_us()
        cells = file.cells
        is_shared = cells[SHARED]
        if is_shared:
            file.lock()
        try:
            for counter in counters:
                at = file.places.get(counter.key, 0)
                if cells[at] != counter.key or now >= cells[at + UNTIL_US]:
                    at = file.find(counter, now)  # it is there: what is held is not given away
                if used:
                    file.add(at, used)
                cells[at + HELD] = max(0, cells[at + HELD] - held)
                slot = (at - file.body) // STRIDE
                file.held[slot] = max(0, file.held[slot] - held)
        finally:
            if is_shared:
                file.unlock()

    def look(self) -> None:
        """Now and then: without other workers, counting is cheaper."""
        self._file.look(self._now_us())

    def standings(self, rules: Sequence[int]) -> list[list[Standing]]:
        found: dict[int, list[Standing]] = {rule: [] for rule in rules}
        now = self._now_us()
        for rule, at in self._file.of_rules(set(rules)):
            standing = self._standing(at, now)
            if standing is not None:
                found[rule].append(standing)
        return [sorted(found[rule], key=lambda each: (-each.used - each.held, each.label)) for rule in rules]

    def _room(self, counters: Sequence[Counter], amount: int, now_us: int) -> list[int] | Refused:
        """Where each counter is, if all have room for it."""
        file = self._file
        cells = file.cells
        found: list[int] = []
        for counter in counters:
            key = counter.key
            at = file.places.get(key, 0)
            if cells[at] != key or now_us >= cells[at + UNTIL_US]:
                at = file.find(counter, now_us)
            if cells[at + TOTAL] + cells[at + HELD] + amount > counter.limit and (
                not file.mend(at, now_us) or cells[at + HELD] + amount > counter.limit
            ):
                wait_s = _wait_s(cells, at, counter, amount, now_us)
                return Refused(len(found), cells[at + TOTAL], cells[at + HELD], wait_s)
            found.append(at)
        return found

    def _standing(self, at: int, now_us: int) -> Standing | None:
        """Without the lock, and without writing: a figure may be one request old. None = at rest."""
        cells = self._file.cells
        width, buckets, head = cells[at + WIDTH], cells[at + BUCKETS], cells[at + HEAD]
        if not width or not buckets:
            return None
        oldest = max(now_us // width, head) - buckets + 1
        live = [
            (b, n) for b in range(max(oldest, head - buckets + 1), head + 1) if (n := cells[at + RING + b % buckets])
        ]
        used, held = sum(n for _, n in live), cells[at + HELD]
        if not used and not held:
            return None
        return Standing(self._file.label(at), used, held, (live[0][0] + buckets) * width if live else 0)


def _wait_s(cells: memoryview[int], at: int, counter: Counter, amount: int, now_us: int) -> int:
    """Whole seconds until what was used leaves enough room; what is held may be given back at any moment."""
    if amount > counter.limit:
        return -(-counter.window_us // _US)
    missing = cells[at + TOTAL] + amount - counter.limit
    head, buckets = cells[at + HEAD], counter.buckets
    freed, bucket = 0, head - buckets
    while freed < missing and bucket < head:
        bucket += 1
        freed += cells[at + RING + bucket % buckets]
    if missing <= 0:
        return 1
    return max(1, -(-((bucket + buckets) * counter.width_us - now_us) // _US))
