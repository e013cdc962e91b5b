"""How endpoints fare: counts and spans of the gateway's own traffic, and the figures made of them.

Spans are counted in buckets a tenth apart, so a percentile is right to within 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field

GROWTH = 1.1
_STEP = math.log(GROWTH)
_SHARES = (0.5, 0.75, 0.9, 0.99)
_LEAST = 1e-3
_MOST = 1e9

Histogram: TypeAlias = dict[int, int]
"""How many there were in each bucket."""
Place: TypeAlias = tuple[str, str]
"""A provider as in the gateway's URLs, and a model as the provider names it."""


def bucket_of(value: float) -> int:
    return math.floor(math.log(min(max(value, _LEAST), _MOST)) / _STEP)


def _middle(bucket: int) -> float:
    return math.exp((bucket + 0.5) * _STEP)


class Percentiles(Struct, frozen=True):
    p50: float
    p75: float
    p90: float
    p99: float


def percentiles(histogram: Mapping[int, int]) -> Percentiles | None:
    """None of nothing."""
    total = sum(histogram.values())
    if not total:
        return None
    found, seen, waiting = [], 0, list(_SHARES)
    for bucket in sorted(histogram):
        seen += histogram[bucket]
        while waiting and seen >= waiting[0] * total:
            found.append(_rounded(_middle(bucket)))
            waiting.pop(0)
    return Percentiles(*found)


def _rounded(value: float) -> float:
    """To three digits: there are no more in it."""
    return float(f"{value:.3g}")


class Counts(Struct):
    """What was tried at one place within a while."""

    attempts: int = 0
    successes: int = 0
    refusals: int = 0
    """Rate limits, and what was the caller's fault: nobody's failure."""
    latencies: Histogram = field(default_factory=dict)
    """Milliseconds to the first token, of streams."""
    throughputs: Histogram = field(default_factory=dict)
    """Tokens of the answer a second, from the call on."""

    def add(self, other: Counts) -> None:
        self.attempts += other.attempts
        self.successes += other.successes
        self.refusals += other.refusals
        for mine, others in ((self.latencies, other.latencies), (self.throughputs, other.throughputs)):
            for bucket, count in others.items():
                mine[bucket] = mine.get(bucket, 0) + count

    def uptime(self) -> float | None:
        """In percent; None where nothing was tried that could tell."""
        tried = self.attempts - self.refusals
        return round(100 * self.successes / tried, 3) if tried > 0 else None


class Measured(Struct, frozen=True):
    """What is shown of one place."""

    uptime_5m: float | None = None
    uptime_30m: float | None = None
    uptime_1d: float | None = None
    latency: Percentiles | None = None
    """Milliseconds, of the last 30 minutes; likewise `throughput`."""
    throughput: Percentiles | None = None
    attempts: int = 0
    """Of the last day."""


NOTHING = Measured()
Figures: TypeAlias = Mapping[Place, Measured]


def measured(five_minutes: Counts, half_hour: Counts, day: Counts) -> Measured:
    return Measured(
        five_minutes.uptime(),
        half_hour.uptime(),
        day.uptime(),
        percentiles(half_hour.latencies),
        percentiles(half_hour.throughputs),
        day.attempts,
    )
