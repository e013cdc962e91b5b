"""Which target next? A route is walked by asking; whoever walks it does the I/O.

A route is asked for a `Try` and told its `Outcome`, until it has no more. It knows no clock, network or dice.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum

from msgspec import Struct

from torana.exchange import Target


class Outcome(Enum):
    ANSWERED = "answered"
    """The upstream answered, with whatever status."""
    FAILED = "failed"
    """No answer came: unreachable, timed out, broken."""


class Try(Struct, frozen=True, gc=False):
    """Call this target, after waiting."""

    target: Target
    wait_s: float = 0.0


class Route(ABC):
    """The walk of one exchange."""

    __slots__ = ()

    @abstractmethod
    def first(self) -> Try:
        """Where to begin."""

    @abstractmethod
    def after(self, outcome: Outcome) -> Try | None:
        """Where to go on after the last one ended so; None = be content with it."""
