"""How much was used, and may there be more? The port that limits count with.

A *fixed* window is aligned: it begins at a multiple of its length since 1970, for everybody alike. A *sliding* window
looks back from now, in steps of a sixtieth of its length: no stretch of that length ever holds more than the limit,
and what was used is free again at most one step late.

What is *held* is in use but not known yet (the cost of a call under way). It counts against the limit in full until it
is settled, whatever the window: then what was really used counts, from the moment of settling on.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = 60
"""Of a sliding window."""
MOST = 1 << 60
"""No counter goes above it."""
LONGEST_S = 100 * 365 * 86_400
"""No window is longer."""
_US = 1_000_000


class Uncounted(Exception):  # a state of affairs that callers decide about, by their rule of failing
    """It cannot be counted now: there is no room, or the place to count is not to be reached."""


class Counter(Struct, frozen=True, gc=False):
    """One limit for one value: what is counted under `key`, up to `limit` a window."""

    key: int
    """64 bits, signed, neither 0 nor -1: of the rule, its window and the value."""
    rule: int
    """Likewise, of the rule alone: all counters of a rule are found by it."""
    label: str
    """The value, for people; empty where the rule does not split."""
    limit: int
    width_us: int
    """Of one bucket: a whole fixed window, or one step of a sliding one."""
    buckets: int
    """That a window takes: 1 where it is fixed."""

    @property
    def window_us(self) -> int:
        return self.width_us * max(1, self.buckets - 1)


class Refused(Struct, frozen=True, gc=False):
    """Which counter had no room, and what it held then."""

    index: int
    """In the sequence that was asked for."""
    used: int
    held: int
    retry_after_s: int
    """Until there may be room: at least 1; the whole window where there will never be, and 1 for what is only held."""


class Standing(Struct, frozen=True):
    """A counter as it is now."""

    label: str
    used: int
    held: int
    eases_us: int
    """Unix time at which the first of what was used stops to count; 0 where nothing was."""


class Counters(Protocol):
    """All or nothing: what one of several counters refuses, none of them counts. Raises Uncounted.

    Nothing of it waits.
    """

    def take(self, counters: Sequence[Counter], amount: int) -> Refused | None:
        """Counts at once."""

    def hold(self, counters: Sequence[Counter], amount: int) -> Refused | None:
        """Counts what may be used, until `settle`. What a killed process held counts as used."""

    def settle(self, counters: Sequence[Counter], held: int, used: int) -> None:
        """What was held was used to this extent. Never waits, never raises."""

    def standings(self, rules: Sequence[int]) -> list[list[Standing]]:
        """For each rule its counters that are not at rest, the most used first. May wait: not for the data plane."""

    def look(self) -> None:
        """A few times a second, where a worker counts. Never waits for long."""

    def close(self) -> None: ...


def identity(*parts: str) -> int:
    """64 bits, signed, neither 0 nor -1, the same in every process."""
    digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    found = int.from_bytes(digest, "little", signed=True)
    return found if found not in (0, -1) else 1


class Rule(Struct, frozen=True, gc=False):
    """One limit, of which there is a counter for each value that it is split by."""

    name: str
    """What it is known by among all rules of all gateways; its window is part of it."""
    id: int
    limit: int
    width_us: int
    buckets: int

    def counter(self, value: str = "") -> Counter:
        return Counter(identity(self.name, value), self.id, value, self.limit, self.width_us, self.buckets)


def rule(name: str, limit: int, window_s: int, technique: Literal["fixed", "sliding"]) -> Rule:
    """A change of the limit keeps what was counted; a change of the window begins anew."""
    window_s = min(window_s, LONGEST_S)
    name = f"{name}\0{technique}\0{window_s}"
    fixed = technique == "fixed"
    width_us = window_s * _US if fixed else -(-window_s * _US // STEPS)
    return Rule(name, identity(name), min(limit, MOST), width_us, 1 if fixed else STEPS + 1)
