"""The counters of one machine: exact over all its workers, kept over restarts, without a server to ask."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from torana.storage.counter_file import (
    BUCKETS,
    HEAD,
    HELD,
    RING,
    SLOTS,
    SLOTS_FILE,
    STRIDE,
    TOTAL,
    WIDTH,
    CounterFile,
)
from torana.storage.counters import MOST, Refused, Standing, Uncounted

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
        file = self._locked()
        try:
            places = self._room(counters, amount)
            if type(places) is Refused:
                return places
            cells = file.cells
            for at, total, _, newest in places:  # type: ignore[union-attr]  # not Refused
                cells[newest] += amount
                cells[at + TOTAL] = total + amount
        finally:
            file.unlock()
        return None

    def hold(self, counters: Sequence[Counter], amount: int) -> Refused | None:
        file = self._locked()
        try:
            places = self._room(counters, amount)
            if type(places) is Refused:
                return places
            cells, own, body = file.cells, file.held, file.body
            for at, _, held, _ in places:  # type: ignore[union-attr]  # not Refused
                # First where a successor of this process looks, if it dies in between.
                own[(at - body) // STRIDE] += amount
                cells[at + HELD] = held + amount
        finally:
            file.unlock()
        return None

    def settle(self, counters: Sequence[Counter], held: int, used: int) -> None:
        file = self._file
        file.lock()  # even where that fails: what was held must be given back
        try:
            self._settle(counters, held, used)
        finally:
            file.unlock()

    def _settle(self, counters: Sequence[Counter], held: int, used: int) -> None:
        file, now = self._file, self._now_us()
        cells, own, body, places = file.cells, file.held, file.body, file.places
        for counter in counters:
            at = places.get(counter.key, 0)
            key, until_us, total, held_by_all, newest = file.front(at)
            if key != counter.key or now >= until_us:
                at = file.find(counter, now)  # it is there: what is held is not given away
                _, _, total, held_by_all, newest = file.front(at)
            if used and total + used <= MOST:
                cells[newest] += used
                cells[at + TOTAL] = total + used
            elif used:
                file.add(at, used)
            cells[at + HELD] = held_by_all - held if held_by_all > held else 0
            slot = (at - body) // STRIDE
            mine = own[slot]
            own[slot] = mine - held if mine > held else 0

    def raise_to(self, counter: Counter, used: int) -> bool:
        """What is known to have been used counts at least; whether it did not. Uncounted. For who is attached."""
        file, now_us = self._locked(), self._now_us()
        try:
            at = file.find(counter, now_us)
            missing = used - file.cells[at + TOTAL]
            if missing > 0:
                file.add(at, missing)
            return missing > 0
        finally:
            file.unlock()

    def lower_to(self, counter: Counter, used: int, from_used: int) -> bool:
        """The same downwards, where nothing is held and still `from_used` is counted. Whether it was so."""
        file, now_us = self._locked(), self._now_us()
        try:
            at = file.find(counter, now_us)
            cells = file.cells
            is_same = cells[at + TOTAL] == from_used and not cells[at + HELD]
            if is_same:
                for each in range(at + RING, at + RING + counter.buckets):
                    cells[each] = 0
                cells[at + TOTAL] = 0
                file.add(at, used)
            return is_same
        finally:
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

    def _locked(self) -> CounterFile:
        if not self._file.lock():
            raise Uncounted("a process of this machine has kept the counters locked for too long")
        return self._file

    def _room(self, counters: Sequence[Counter], amount: int) -> list[tuple[int, int, int, int]] | Refused:
        """Of each counter, if all have room for it: where it is, what it holds, and where its newest bucket is."""
        file, now_us = self._file, self._now_us()
        found: list[tuple[int, int, int, int]] = []
        for counter in counters:
            at = file.places.get(counter.key, 0)
            key, until_us, total, held, newest = file.front(at)
            if key != counter.key or now_us >= until_us:
                at = file.find(counter, now_us)
                _, _, total, held, newest = file.front(at)
            if total + held + amount > counter.limit:
                if not file.mend(at, now_us) or held + amount > counter.limit:
                    wait_s = _wait_s(file.cells, at, counter, amount, now_us)
                    return Refused(len(found), file.cells[at + TOTAL], held, wait_s)
                _, _, total, held, newest = file.front(at)
            found.append((at, total, held, newest))
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
