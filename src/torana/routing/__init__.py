"""Which target next? A route is walked by asking; whoever walks it does the I/O.

A route is asked for a `Try` and told its `Outcome`, until it has no more. It knows no clock, network or dice: what it
needs of them comes with the outcome. A plain call, which is most of them, needs no route.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from msgspec import Struct

from torana.message import Headers

T = TypeVar("T")
"""What may be tried: a `Target`, or what a target is made of when its turn comes."""


class Outcome(Struct, frozen=True, gc=False):
    """How a try ended, and when."""

    status: int = 0
    """What the upstream answered; 0 = no answer came: unreachable, timed out, broken."""
    headers: Headers = []
    """Of its answer."""
    now_s: float = 0.0
    """Unix time."""
    dice: float = 0.0
    """From 0 to less than 1, thrown anew for each outcome."""


class Try(Struct, Generic[T], frozen=True, gc=False):
    """Call this target, after waiting."""

    target: T
    wait_s: float = 0.0
    timeout_s: float | None = None
    """To the first byte of its answer; None = as long as the upstream may take at all."""


class Route(ABC, Generic[T]):
    """The walk of one exchange."""

    __slots__ = ()

    @abstractmethod
    def first(self) -> Try[T]:
        """Where to begin."""

    @abstractmethod
    def after(self, outcome: Outcome) -> Try[T] | None:
        """Where to go on after the last one ended so; None = be content with it."""
