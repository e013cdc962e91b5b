"""Counters as one mapped file that all processes of a machine share; it outlives every one of them.

Slots of 64-bit cells, found by a hash of the key; a slot whose window has passed goes to the next key that needs one.
Cells are written as memory, so a killed process loses nothing. Where several workers count, cells change under one
`flock`, which the kernel frees with its holder; a worker that is alone only marks its turn, so that the next one that
comes waits for the end of it. The file has its full size from the start: a hole met on a full disk would kill with
SIGBUS.

What a worker holds lies in a file of its own beside it, cell for cell; it is locked for as long as the worker lives, so
that what a dead one left behind is known, and counted as used by the next worker that comes.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import struct
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from torana.storage.counters import MOST, STEPS, Counter, Uncounted

SLOTS = 1 << 16
SLOTS_FILE = "slots"
SHARED = 2
"""The cell that says whether several workers count."""
_MAGIC = 0x31_54_4E_43_52_4F_54  # "TORCNT1", so that another layout is told apart
_HEADER = 8
_NEIGHBOURS = 64
"""How far from its place a key may lie."""
_HOLDER = 3
"""The cell that says which process has the lock, or had it last."""
_ALONE = 4
"""The cell with the process that is in a turn without the lock; 0 = none is."""
_TURN_S = 0.05
"""A turn takes microseconds. Who waits longer than this looks whether its holder was stopped in the middle of it."""
_PATIENCE_S = 2.0
"""With a holder that is only slow, as on a machine with too much to do."""
_PAUSE_S = 0.0005

KEY, UNTIL_US, TOTAL, HELD, NEWEST = 0, 1, 2, 3, 4
"""What each request looks at: whose the slot is, until when its newest bucket is that, sums, and the bucket's cell."""
_FRONT = struct.Struct("=5q")
WIDTH, BUCKETS, HEAD, _LABEL = 5, 6, 7, 8
_LABEL_CELLS = 16
RING = _LABEL + _LABEL_CELLS
STRIDE = 88
assert RING + STEPS + 1 <= STRIDE  # noqa: S101  # the layout itself
_SETTLING_S = 0.005
"""For a worker that was alone to see that it is not, and for others to see its mark."""
_HOLDERS = "held.*"
_DRAFT = ".slots."
_NOBODY = -1
"""The key of a slot that is changing hands."""


class CounterFile:
    """Opened by each process for itself. A worker also `attach`es; who only reads does not, and writes nothing."""

    def __init__(self, folder: Path, slots: int = SLOTS) -> None:
        """OSError where it cannot be opened or made."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._slots = slots
        self._lock_fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._turn_s = _TURN_S
        self._is_alone = False
        self._pid = os.getpid()
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        try:
            self._map = _mapped(folder / SLOTS_FILE, _HEADER + slots * (2 + STRIDE), (_MAGIC, slots))
        finally:
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)
        self._bytes = memoryview(self._map)
        self.cells: memoryview[int] = self._bytes.cast("q")
        self._rules = _HEADER + slots
        self.body = _HEADER + 2 * slots
        self.places: dict[int, int] = {}
        self._own: _Held | None = None
        self.held = self.cells
        """What this worker holds, by slot: nobody else writes it."""

    def close(self) -> None:
        if self._own is not None:
            self._own.close()
        self.cells.release()
        self._bytes.release()
        self._map.close()
        os.close(self._lock_fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def front(self, at: int) -> tuple[int, int, int, int, int]:
        """The first cells of a slot, in one look: its key to its newest bucket's place."""
        found: tuple[int, int, int, int, int] = _FRONT.unpack_from(self._map, at * 8)
        return found

    # --- turns --------------------------------------------------------------------------------------------------------

    def lock(self) -> bool:
        """Before cells change. False where it could not be had for long, which is never expected.

        True without it for a worker that is alone, and where its holder was stopped (SIGSTOP) in its turn: one count
        may be lost, but nobody hangs.
        """
        cells = self.cells
        if not cells[SHARED] and self._own is not None:
            cells[_ALONE] = self._pid
            if not cells[SHARED]:  # who comes now sees the mark
                self._is_alone = True
                return True
            cells[_ALONE] = 0
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._wait()
        cells[_HOLDER] = self._pid
        return True

    def unlock(self) -> None:
        if self._is_alone:
            self._is_alone = False
            self.cells[_ALONE] = 0
            return
        fcntl.flock(self._lock_fd, fcntl.LOCK_UN)

    def _wait(self) -> bool:
        began = time.monotonic()
        while (waited := time.monotonic() - began) < _PATIENCE_S:
            with suppress(BlockingIOError):
                fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.cells[_HOLDER] = self._pid
                self._turn_s = _TURN_S
                return True
            if waited < self._turn_s:
                os.sched_yield()
            elif is_stopped(self.cells[_HOLDER]):
                self._turn_s = _TURN_S / 50  # once was enough: a stopped process stays so for long
                return True
            else:
                time.sleep(_PAUSE_S)
        return False

    # --- slots; what changes them is under the lock -------------------------------------------------------------------

    def find(self, counter: Counter, now_us: int) -> int:
        """The first cell of its slot, brought up to date; Uncounted where all slots in reach are in use."""
        cells, key = self.cells, counter.key
        at = self.places.get(key, 0)
        if cells[at] != key:
            at = self._look(counter, now_us)
            if len(self.places) > 2 * self._slots:
                self.places.clear()
            self.places[key] = at
        if now_us >= cells[at + UNTIL_US]:
            self._advance(at, now_us)
        return at

    def add(self, at: int, amount: int) -> None:
        """To what was used in the newest bucket."""
        cells = self.cells
        total = cells[at + TOTAL]
        if total + amount > MOST:
            amount = max(0, MOST - total)
        cells[cells[at + NEWEST]] += amount
        cells[at + TOTAL] = total + amount

    def mend(self, at: int, now_us: int) -> bool:
        """Before it refuses: whether the clock was set back so far that the slot had to be emptied."""
        cells = self.cells
        if now_us >= cells[at + UNTIL_US] - cells[at + WIDTH] * (cells[at + BUCKETS] + 1):
            return False
        self._advance(at, now_us)
        return True

    def _look(self, counter: Counter, now_us: int) -> int:
        cells, key, slots = self.cells, counter.key, self._slots
        free = -1
        for step in range(_NEIGHBOURS):
            slot = (key + step) % slots
            at = self.body + slot * STRIDE
            found = cells[at]
            if found == key:
                return at
            if free < 0 and (not found or self._is_over(at, now_us)):
                free = slot
            if not found:
                break
        if free < 0:
            raise Uncounted("all counters of this machine are in use")
        return self._claim(free, counter, now_us)

    def _is_over(self, at: int, now_us: int) -> bool:
        """Whether nothing in it counts any more."""
        cells = self.cells
        return not cells[at + HELD] and cells[at + UNTIL_US] + (cells[at + BUCKETS] - 1) * cells[at + WIDTH] <= now_us

    def _claim(self, slot: int, counter: Counter, now_us: int) -> int:
        cells, at = self.cells, self.body + slot * STRIDE
        cells[at] = _NOBODY
        cells[at + 1 : at + STRIDE] = memoryview(bytes((STRIDE - 1) * 8)).cast("q")
        label = counter.label.encode("utf-8", "replace")[: _LABEL_CELLS * 8].ljust(_LABEL_CELLS * 8, b"\0")
        cells[at + _LABEL : at + RING] = memoryview(label).cast("q")
        cells[at + WIDTH], cells[at + BUCKETS] = counter.width_us, counter.buckets
        self._advance(at, now_us)
        cells[self._rules + slot] = counter.rule
        cells[at] = counter.key
        return at

    def _advance(self, at: int, now_us: int) -> None:
        """Forgets the buckets that have left the window. The sum is taken anew: a death in between costs nothing."""
        cells = self.cells
        width, buckets, head = cells[at + WIDTH], cells[at + BUCKETS], cells[at + HEAD]
        bucket, ring = now_us // width, at + RING
        if 0 < bucket - head < buckets:
            for each in range(head + 1, bucket + 1):
                cells[ring + each % buckets] = 0
        else:
            for each in range(buckets):
                cells[ring + each] = 0
        cells[at + TOTAL] = sum(cells[ring : ring + buckets])
        cells[at + HEAD] = bucket
        cells[at + NEWEST] = ring + bucket % buckets
        cells[at + UNTIL_US] = (bucket + 1) * width

    # --- what is there ------------------------------------------------------------------------------------------------

    def of_rules(self, rules: set[int]) -> list[tuple[int, int]]:
        """Rule and first cell of each slot in use."""
        found = self.cells[self._rules : self.body].tolist()
        return [(rule, self.body + slot * STRIDE) for slot, rule in enumerate(found) if rule in rules]

    def label(self, at: int) -> str:
        return self.cells[at + _LABEL : at + RING].tobytes().rstrip(b"\0").decode("utf-8", "ignore")

    # --- who holds what -----------------------------------------------------------------------------------------------

    def attach(self, index: int, now_us: int) -> None:
        """As worker `index`, which no other living one is; what dead workers held is counted as used."""
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        try:
            self.cells[_HOLDER] = self._pid
            self.cells[SHARED] = 1
            time.sleep(_SETTLING_S)
            self._bury(now_us)
            self._await_who_was_alone()
            self._own = _Held.open(self._folder / f"held.{index}", self._slots)
            self._tell_whether_shared()
        finally:
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)
        if self._own is None:
            raise OSError(errno.EBUSY, f"another process counts as worker {index}", str(self._folder))
        self.held = self._own.cells

    def _await_who_was_alone(self) -> None:
        """Until its turn without the lock is over, however slow it is; OSError where it takes too long.

        What it was about to write was reckoned from what it read before.
        """
        ends = time.monotonic() + _PATIENCE_S
        while pid := self.cells[_ALONE]:
            if not any(self._folder.glob(_HOLDERS)) or is_stopped(pid):
                self.cells[_ALONE] = 0  # it has died in its turn, or has long been away
            elif time.monotonic() > ends:
                raise OSError(errno.EBUSY, "another worker has not finished what it counts", str(self._folder))
            else:
                time.sleep(_PAUSE_S)

    def look(self, now_us: int) -> None:
        """Now and then: whether other workers have ended, so that this one is alone."""
        if not self.cells[SHARED] or self._own is None:
            return
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        try:
            self.cells[_HOLDER] = self._pid
            self._bury(now_us)
            self._tell_whether_shared()
        finally:
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)

    def _tell_whether_shared(self) -> None:
        self.cells[SHARED] = len(list(self._folder.glob(_HOLDERS))) > 1

    def _bury(self, now_us: int) -> None:
        """Counts what dead workers held as used: what their calls cost is not known."""
        for path in sorted(self._folder.glob(_HOLDERS)):
            dead = _Held.open(path, self._slots)
            if dead is not None:
                self._inherit(dead, now_us)
                dead.close()
                path.unlink()

    def _inherit(self, dead: _Held, now_us: int) -> None:
        cells = self.cells
        for slot, amount in enumerate(dead.cells.tolist()):
            at = self.body + slot * STRIDE
            if amount and cells[at + WIDTH]:
                if now_us >= cells[at + UNTIL_US]:
                    self._advance(at, now_us)
                self.add(at, min(amount, MOST))
                dead.cells[slot] = 0
                cells[at + HELD] = self._held_by_all(slot)

    def _held_by_all(self, slot: int) -> int:
        """As the holders have it: a process may have died between its own cell and the common one."""
        total = 0
        for path in self._folder.glob(_HOLDERS):
            with path.open("rb") as file:
                total += int.from_bytes(os.pread(file.fileno(), 8, slot * 8), "little")
        return total


def is_stopped(pid: int) -> bool:
    """By a signal or a debugger; False where the system does not tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return stat.rpartition(b") ")[2][:1] in {b"T", b"t"}


class _Held:
    """One worker's cells, and the lock that says it lives."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._map = mmap.mmap(fd, 0)
        self._bytes = memoryview(self._map)
        self.cells: memoryview[int] = self._bytes.cast("q")

    @classmethod
    def open(cls, path: Path, slots: int) -> _Held | None:
        """None where its worker lives."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(fd).st_size != slots * 8:
                os.ftruncate(fd, 0)
                _write_zeros(fd, slots * 8)
            return cls(fd)
        except BlockingIOError:
            os.close(fd)
            return None
        except BaseException:
            os.close(fd)
            raise

    def close(self) -> None:
        self.cells.release()
        self._bytes.release()
        self._map.close()
        os.close(self._fd)


def _mapped(path: Path, cells: int, head: tuple[int, int]) -> mmap.mmap:
    """The file, made anew where there is none of this layout."""
    with suppress(FileNotFoundError):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            found = os.pread(fd, 16, 0)
            is_ours = found == b"".join(value.to_bytes(8, "little") for value in head)
            if is_ours and os.fstat(fd).st_size == cells * 8:
                return mmap.mmap(fd, 0)
        finally:
            os.close(fd)
    for left in path.parent.glob(f"{_DRAFT}*"):
        left.unlink()  # whoever made it has died: this is under the lock
    fd, draft = tempfile.mkstemp(dir=path.parent, prefix=_DRAFT)
    try:
        _write_zeros(fd, cells * 8)
        os.pwrite(fd, b"".join(value.to_bytes(8, "little") for value in head), 0)
        mapped = mmap.mmap(fd, 0)
        os.replace(draft, path)  # noqa: PTH105  # mkstemp gives a str
    except BaseException:
        os.unlink(draft)  # noqa: PTH108  # the same
        raise
    finally:
        os.close(fd)
    return mapped


def _write_zeros(fd: int, size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, 0, size)
        return
    block = bytes(1 << 20)
    for start in range(0, size, len(block)):
        os.pwrite(fd, block[: size - start], start)
