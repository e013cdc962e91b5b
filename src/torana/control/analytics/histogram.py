"""How long did it take? Spans counted in buckets that grow by half, and percentiles estimated from them."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BUCKETS = 36
GROWTH = 1.5
BOUNDS_US: tuple[int, ...] = tuple(round(1_000 * GROWTH**number) for number in range(BUCKETS - 1))
"""Upper bounds, from 1 ms to 16 minutes; the last bucket holds what is longer."""


def bucket_of(span_us: int) -> int:
    return bisect_left(BOUNDS_US, span_us)


def percentile(counts: Sequence[int], share: float) -> float | None:
    """The span in microseconds that this share (0 to 1) does not exceed, evenly spread in its bucket; None of nothing.

    At most a bucket off: a third of it, and a tenth as a rule.
    """
    total = sum(counts)
    if not total:
        return None
    wanted, seen = share * total, 0
    for number, count in enumerate(counts):
        if count and seen + count >= wanted:
            lower = BOUNDS_US[number - 1] if number else 0
            upper = BOUNDS_US[number] if number < len(BOUNDS_US) else lower * GROWTH
            return lower + (upper - lower) * max(0.0, wanted - seen) / count
        seen += count
    return float(BOUNDS_US[-1])
