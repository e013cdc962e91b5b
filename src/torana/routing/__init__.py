"""Which target next? A route is walked by asking; whoever walks it does the I/O.

A route yields a question and is sent its answer: `Try` is told an `Outcome`. It knows no clock, network or dice.
"""

from __future__ import annotations

from collections.abc import Generator
from enum import Enum

from msgspec import Struct

from torana.exchange import Target


class Outcome(Enum):
    ANSWERED = "answered"
    """The upstream answered, with whatever status."""
    FAILED = "failed"
    """No answer came: unreachable, timed out, broken."""


class Try(Struct, frozen=True):
    """Call this target, after waiting."""

    target: Target
    wait_s: float = 0.0


Route = Generator[Try, Outcome, None]
