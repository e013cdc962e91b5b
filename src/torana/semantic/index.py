"""Which answered question is nearest? Vectors by scope, in the worker's own memory, bounded in bytes."""

from __future__ import annotations

import math
import sys
from array import array
from collections import OrderedDict
from operator import mul
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_A_SCOPE = 4
"""What the guard lets stand in one scope is nearly the same; more of it would only take longer to look through."""
OVERHEAD_BYTES = 400


class Known(Struct, frozen=True, gc=False):
    """One answered question."""

    key: bytes
    """Under which the cache has its answer."""
    log_id: str
    """Of the exchange that it was answered in."""
    vector: array[float]
    """Of length 1."""
    expires_s: float


class Near(Struct, frozen=True):
    known: Known
    similarity: float
    """The cosine, -1 to 1."""


def unit(vector: Iterable[float]) -> array[float] | None:
    """Scaled to length 1; None where it has no direction."""
    found = array("f", vector)
    length = math.sqrt(_dot(found, found))
    return array("f", [value / length for value in found]) if 0 < length < math.inf else None


if sys.version_info >= (3, 12):
    _dot = math.sumprod
else:

    def _dot(one: array[float], other: array[float]) -> float:
        return sum(map(mul, one, other), 0.0)


class Index:
    """Scopes used least recently go first when `limit` bytes are reached. Sizes include overheads."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self.entries = 0
        self.bytes = 0
        self._limit = limit
        self._clock = clock
        self._scopes: OrderedDict[bytes, list[Known]] = OrderedDict()

    def has(self, scope: bytes) -> bool:
        """Whether it is worth making a vector to look with."""
        return scope in self._scopes

    def nearest(self, scope: bytes, vector: array[float]) -> Near | None:
        found = self._living(scope)
        if not found:
            return None
        self._scopes.move_to_end(scope)
        fitting = [known for known in found if len(known.vector) == len(vector)]
        nears = [Near(known, _dot(known.vector, vector)) for known in fitting]
        return max(nears, key=lambda near: near.similarity, default=None)

    def add(self, scope: bytes, known: Known) -> None:
        """In place of the one with the same key, if there is one."""
        self.remove(scope, known.key)
        scopes = self._scopes
        scopes.setdefault(scope, []).append(known)
        scopes.move_to_end(scope)
        self._count(known, 1)
        if len(scopes[scope]) > MOST_A_SCOPE:
            self._count(scopes[scope].pop(0), -1)
        while self.bytes > self._limit:
            for each in scopes.popitem(last=False)[1]:
                self._count(each, -1)

    def remove(self, scope: bytes, key: bytes) -> None:
        """The cache has no answer for it any more."""
        self._keep(scope, lambda known: known.key != key)

    def _living(self, scope: bytes) -> list[Known]:
        now = self._clock()
        self._keep(scope, lambda known: known.expires_s > now)
        return self._scopes.get(scope, [])

    def _keep(self, scope: bytes, is_kept: Callable[[Known], bool]) -> None:
        found = self._scopes.get(scope)
        if found is None or all(map(is_kept, found)):
            return
        for known in found:
            if not is_kept(known):
                self._count(known, -1)
        left = [known for known in found if is_kept(known)]
        if left:
            self._scopes[scope] = left
        else:
            del self._scopes[scope]

    def _count(self, known: Known, by: int) -> None:
        self.entries += by
        self.bytes += by * (len(known.vector) * known.vector.itemsize + OVERHEAD_BYTES)
