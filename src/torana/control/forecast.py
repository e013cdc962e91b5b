"""What will a month cost, when does a limit run out? Reckoned from what was spent until now."""

from __future__ import annotations

from statistics import fmean, stdev
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS = 14
"""Full days that a forecast looks back at."""
FEWEST_DAYS = 3
_SPREAD = 1.2816
"""Standard deviations to either side of the mean that hold four fifths of a normal distribution."""
_STEPS = 60
"""A pace is not read off less than so much of a window: one dear call would be a rush."""


class Forecast(Struct, kw_only=True):
    """USD. Four months in five end between `low` and `high`, if days to come are like those before and independent."""

    low: float
    expected: float
    high: float


def forecast(spent: float, days: Sequence[float], left_days: float) -> Forecast | None:
    """What a month comes to of which `spent` is spent, and `left_days` are left; `days` are the last full ones.

    Each day left is expected to cost the mean of `days`; a part of a day, that part of it. The spread of a sum of
    independent days grows with the root of their number: so far are `low` and `high` from what is expected, times
    1.28 standard deviations of `days`, but `low` never below what is spent. None where there are less than three days.
    """
    if len(days) < FEWEST_DAYS:
        return None
    more, spread = fmean(days) * left_days, _SPREAD * stdev(days) * left_days**0.5
    return Forecast(low=spent + max(0.0, more - spread), expected=spent + more, high=spent + more + spread)


def runs_out_ms(used: float, remaining: float, start_ms: int, end_ms: int, now_ms: int) -> int | None:
    """When nothing of a limit is left, if it is used at the pace at which it was from `start_ms` on.

    None where that is not before `end_ms`, when what was used stops to count. Unix milliseconds.
    """
    if remaining <= 0:
        return now_ms
    elapsed_ms = max(now_ms - start_ms, (end_ms - start_ms) // _STEPS, 1)
    if used <= 0 or (left_ms := remaining / used * elapsed_ms) >= end_ms - now_ms:
        return None
    return now_ms + int(left_ms)
