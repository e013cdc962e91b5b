"""What every worker is doing now: one small file of counters that all processes share.

Each worker owns one block of 64-bit slots in `run/statistics` and writes them as memory, without a system call, so the
figures can be read while disks are full and databases are away. The file is as large as it will ever be from the
start, and is replaced rather than cut: a process that still has the former one mapped cannot be hurt by it.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_MAGIC = 0x31_54_41_54_53_52_4F_54  # "TORSTAT1", so that another layout is told apart
_HEADER = 8
_BLOCK = 64
_REASON = 48
_REASON_BYTES = (_BLOCK - _REASON) * 8

FIELDS = (
    "pid",
    "started_at",
    "connections",
    "in_flight",
    "requests",
    "upstream_open",
    "upstream_idle",
    "upstream_opened",
    "dropped_rows",
    "dropped_bodies",
    "journal_bytes",
    "snapshot_version",
    "refused",
    "local_model",
    "cache_entries",
    "cache_bytes",
    "cache_hits",
    "cache_misses",
    "cache_evictions",
    "semantic_entries",
    "semantic_lookups",
    "semantic_hits",
    "semantic_shadow_hits",
    "semantic_failures",
)
"""The slots of a block, by name, in the order of the constants below."""

PID = 0
"""Process that writes the block; 0 = nobody does."""
STARTED_AT = 1
"""Unix seconds."""
CONNECTIONS = 2
"""Client connections open now."""
IN_FLIGHT = 3
"""Requests being answered now."""
REQUESTS = 4
"""Requests answered since the worker started."""
UPSTREAM_OPEN = 5
"""Connections to providers now, idle ones included."""
UPSTREAM_IDLE = 6
UPSTREAM_OPENED = 7
"""Connections to providers made since the worker started."""
DROPPED_ROWS = 8
"""Log records lost since the worker started."""
DROPPED_BODIES = 9
"""Log records that lost their heads and bodies since the worker started."""
JOURNAL_BYTES = 10
"""Bytes the worker has appended to its journal since it started."""
SNAPSHOT_VERSION = 11
REFUSED = 12
"""Requests refused on the wire (malformed, too large, too slow) since the worker started."""
LOCAL_MODEL = 13
"""1 while the embedded model is known to run."""
CACHE_ENTRIES = 14
"""Answers in the worker's cache now."""
CACHE_BYTES = 15
"""Memory that they take."""
CACHE_HITS = 16
CACHE_MISSES = 17
CACHE_EVICTIONS = 18
"""Answers that had to go before their time, for want of room."""
SEMANTIC_ENTRIES = 19
"""Questions that the worker's semantic cache knows now."""
SEMANTIC_LOOKUPS = 20
SEMANTIC_HITS = 21
SEMANTIC_SHADOW_HITS = 22
SEMANTIC_FAILURES = 23
"""Texts that got no vector."""


class Block:
    """One worker's slots: `block.cells[REQUESTS] += 1`."""

    __slots__ = ("cells", "index")

    def __init__(self, index: int, cells: memoryview[int]) -> None:
        self.index = index
        self.cells = cells

    def begin(self, pid: int, started_at: int) -> None:
        """Takes the block over from whoever had it: all figures start at 0."""
        for slot in range(_BLOCK):
            self.cells[slot] = 0
        self.cells[STARTED_AT] = started_at
        self.cells[PID] = pid

    def end(self) -> None:
        """The worker is gone: its gauges are 0, what it counted stays."""
        gauges = (
            CONNECTIONS,
            IN_FLIGHT,
            UPSTREAM_OPEN,
            UPSTREAM_IDLE,
            LOCAL_MODEL,
            CACHE_ENTRIES,
            CACHE_BYTES,
            SEMANTIC_ENTRIES,
        )
        for slot in (PID, *gauges):
            self.cells[slot] = 0

    @property
    def drop_reason(self) -> str:
        """Why the last record or body was lost; empty where none was."""
        return self.cells[_REASON:].tobytes().rstrip(b"\0").decode("utf-8", "ignore")

    @drop_reason.setter
    def drop_reason(self, text: str) -> None:
        data = text.encode()[:_REASON_BYTES].ljust(_REASON_BYTES, b"\0")
        self.cells[_REASON:] = memoryview(data).cast("q")

    def read(self) -> dict[str, int]:
        """All figures by name."""
        return {name: self.cells[slot] for slot, name in enumerate(FIELDS)}


class Statistics:
    """The whole file, mapped. `close` (or `with`) gives the memory back; blocks are dead after it."""

    def __init__(self, fd: int, *, writable: bool = True) -> None:
        access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
        self._map = mmap.mmap(fd, 0, access=access)
        self._bytes = memoryview(self._map)
        self._cells: memoryview[int] = self._bytes.cast("q")
        self.workers = self._cells[1]
        self._blocks = tuple(self._slice(index) for index in range(self.workers))

    @classmethod
    def create(cls, path: Path, workers: int) -> Statistics:
        """A new file in place of any former one, with room for `workers`; OSError where the disk has none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fd, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
        try:
            size = (_HEADER + workers * _BLOCK) * 8
            # Written, not cut to size: a hole met on a full disk would kill the worker with SIGBUS.
            with os.fdopen(fd, "wb", closefd=False) as file:
                file.write(b"".join(value.to_bytes(8, "little") for value in (_MAGIC, workers)).ljust(size, b"\0"))
            os.fsync(fd)
            page = cls(fd)
            os.replace(temporary, path)  # noqa: PTH105  # mkstemp gives a str
        except BaseException:
            os.unlink(temporary)  # noqa: PTH108  # the same
            raise
        finally:
            os.close(fd)
        return page

    @classmethod
    def open(cls, path: Path, *, writable: bool = True) -> Statistics:
        """An existing file; OSError where it is missing, ValueError where it is none of ours."""
        fd = os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
        try:
            head = os.pread(fd, 16, 0)
            words = [int.from_bytes(head[at : at + 8], "little") for at in (0, 8)]
            if words[0] != _MAGIC or os.fstat(fd).st_size != (_HEADER + words[1] * _BLOCK) * 8:
                raise ValueError(f"`{path}` is not a statistics file of this version")
            return cls(fd, writable=writable)
        finally:
            os.close(fd)

    def block(self, index: int) -> Block:
        """Worker `index`'s own, from 0; no two live workers may share one."""
        return self._blocks[index]

    def all(self) -> tuple[Block, ...]:
        return self._blocks

    def close(self) -> None:
        for block in self._blocks:
            block.cells.release()
        self._cells.release()
        self._bytes.release()
        self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _slice(self, index: int) -> Block:
        start = _HEADER + index * _BLOCK
        return Block(index, self._cells[start : start + _BLOCK])
