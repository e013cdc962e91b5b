"""A cache in the process's own memory, bounded in bytes, and fair between its owners."""

from __future__ import annotations

import heapq
import time
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.storage.cache import Figures, Stored

if TYPE_CHECKING:
    from collections.abc import Callable

OVERHEAD_BYTES = 1024
"""What an entry takes beside its body: its objects and its places in three tables (measured: 690), and some air."""
_LARGEST = 25 << 20
_SHARES = 4
_MOST_SWEPT = 2_000
_FEWEST_ALARMS = 1024
_KEYS = attrgetter("keys")


class _Entry(Struct, gc=False):
    stored: Stored
    size: int
    expires_s: float
    owner: _Owner


class _Owner(Struct):
    name: str
    size: int = 0
    keys: dict[bytes, None] = {}
    """Least recently used first."""


class MemoryCache:
    """The owner that holds most loses first, its least recently used entry before others.

    "Most" is to the power of two, so that finding it takes no search: owners stand in classes by the length of their
    size in bits, and within the highest class the one that wants room loses before the others.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`limit` in bytes, overheads included."""
        self.figures = Figures()
        self.largest = min(_LARGEST, limit // _SHARES)
        self._limit = limit
        self._clock = clock
        self._entries: dict[bytes, _Entry] = {}
        self._owners: dict[str, _Owner] = {}
        self._classes: dict[int, dict[str, _Owner]] = {}
        self._alarms: list[tuple[float, bytes]] = []
        """When which entry may have expired, as a heap; an entry that was replaced has an older one too."""

    def get(self, key: bytes) -> Stored | None:
        entry = self._entries.get(key)
        if entry is None:
            self.figures.misses += 1
            return None
        if entry.expires_s <= self._clock():
            self._drop(key, entry)
            self.figures.misses += 1
            return None
        keys = entry.owner.keys
        keys[key] = keys.pop(key)
        self.figures.hits += 1
        return entry.stored

    def put(self, key: bytes, stored: Stored, ttl_s: float, owner: str) -> None:
        entries, figures = self._entries, self.figures
        if (former := entries.get(key)) is not None:
            self._drop(key, former)
        length = len(stored.body)
        size = length + len(stored.lines) + OVERHEAD_BYTES
        if length > self.largest or size > self._limit:
            return
        found = self._owners.get(owner)
        if found is None:
            found = self._owners[owner] = _Owner(owner)
        self._resize(found, size)
        while figures.bytes > self._limit:
            self._evict(found)
        expires_s = self._clock() + ttl_s
        entries[key] = _Entry(stored, size, expires_s, found)
        found.keys[key] = None
        figures.entries += 1
        alarms = self._alarms
        heapq.heappush(alarms, (expires_s, key))
        if len(alarms) > 2 * figures.entries + _FEWEST_ALARMS:
            self._alarms = [(entry.expires_s, key) for key, entry in entries.items()]
            heapq.heapify(self._alarms)

    def grow(self, key: bytes, size: int) -> None:
        entry = self._entries.get(key)
        if entry is None:
            return
        entry.size += size
        self._resize(entry.owner, size)
        while self.figures.bytes > self._limit:
            self._evict(entry.owner)

    def sweep(self) -> None:
        now, alarms = self._clock(), self._alarms
        for _ in range(_MOST_SWEPT):
            if not alarms or alarms[0][0] > now:
                return
            key = heapq.heappop(alarms)[1]
            entry = self._entries.get(key)
            if entry is not None and entry.expires_s <= now:
                self._drop(key, entry)

    def _evict(self, wanting: _Owner) -> None:
        """The oldest of one of those that hold most; `wanting` itself where it is one of them and holds anything."""
        for _, owners in sorted(self._classes.items(), reverse=True):
            loser = wanting if wanting.name in owners and wanting.keys else next(filter(_KEYS, owners.values()), None)
            if loser is not None:
                key = next(iter(loser.keys))
                self._drop(key, self._entries[key])
                self.figures.evictions += 1
                return

    def _drop(self, key: bytes, entry: _Entry) -> None:
        del self._entries[key]
        del entry.owner.keys[key]
        self.figures.entries -= 1
        self._resize(entry.owner, -entry.size)

    def _resize(self, owner: _Owner, by: int) -> None:
        was = owner.size
        owner.size = now = was + by
        self.figures.bytes += by
        before, after = was.bit_length(), now.bit_length()
        if before == after:
            return
        if before:
            former = self._classes[before]
            del former[owner.name]
            if not former:
                del self._classes[before]
        if after:
            self._classes.setdefault(after, {})[owner.name] = owner
        else:
            del self._owners[owner.name]
