"""UTC days, weeks from Monday and months: over what limits of the router's keys are kept."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, TypeAlias

from msgspec import Struct

Reset: TypeAlias = Literal["daily", "weekly", "monthly"]
DAY_MS = 86_400_000
_LONGEST_DAYS: dict[Reset, int] = {"daily": 1, "weekly": 7, "monthly": 31}
_EPOCH = date(1970, 1, 1).toordinal()
_EVER_S = 100 * 365 * 86_400


class Period(Struct, frozen=True):
    """One stretch of time after which a limit begins anew."""

    reset: Reset | None
    name: str
    """Such as `daily/2026-11-23`, `monthly/2026-11`, or `total`."""
    first_day: int
    """Since 1970-01-01."""
    ends_ms: int | None
    """Unix time; None = never."""
    window_s: int
    """Of a sliding window that forgets nothing before the period is over."""


TOTAL = Period(None, "total", 0, None, _EVER_S)


def period(reset: Reset | None, now_ms: int) -> Period:
    """That which `now_ms` (Unix time) is in; None = all time."""
    return TOTAL if reset is None else _of_day(reset, day_of(now_ms))


@lru_cache(maxsize=256)
def _of_day(reset: Reset, day: int) -> Period:
    today = date.fromordinal(day + _EPOCH)
    if reset == "daily":
        first, after, name = today, today + timedelta(days=1), f"{today:%Y-%m-%d}"
    elif reset == "weekly":
        first = today - timedelta(days=today.weekday())
        after, name = first + timedelta(days=7), f"{first:%Y-%m-%d}"
    else:
        first = today.replace(day=1)
        after, name = (first + timedelta(days=31)).replace(day=1), f"{first:%Y-%m}"
    # Twice as long as it lasts: nothing that was used in it is forgotten before its end.
    window_s = 2 * _LONGEST_DAYS[reset] * 86_400
    return Period(reset, f"{reset}/{name}", day_number(first), day_number(after) * DAY_MS, window_s)


def day_number(day: date) -> int:
    """Since 1970-01-01."""
    return day.toordinal() - _EPOCH


def day_of(now_ms: int) -> int:
    """Since 1970-01-01, of a Unix time."""
    return now_ms // DAY_MS
