"""Days, weeks and months of UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.periods import DAY_MS, TOTAL, Reset, day_of, period

RESETS: tuple[Reset, ...] = ("daily", "weekly", "monthly")


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc, arg-type]  # year, month, day …


@pytest.mark.parametrize(
    ("reset", "now", "name", "first", "after"),
    [
        ("daily", (2026, 11, 23, 23, 59), "daily/2026-11-23", (2026, 11, 23), (2026, 11, 24)),
        ("weekly", (2026, 11, 23), "weekly/2026-11-23", (2026, 11, 23), (2026, 11, 30)),  # a Monday
        ("weekly", (2026, 11, 22, 23, 59), "weekly/2026-11-16", (2026, 11, 16), (2026, 11, 23)),
        ("weekly", (2027, 1, 1), "weekly/2026-12-28", (2026, 12, 28), (2027, 1, 4)),
        ("monthly", (2026, 2, 28), "monthly/2026-02", (2026, 2, 1), (2026, 3, 1)),
        ("monthly", (2026, 12, 31, 23), "monthly/2026-12", (2026, 12, 1), (2027, 1, 1)),
    ],
)
def test_a_period_is_of_the_utc_calendar(
    reset: Reset, now: tuple[int, ...], name: str, first: tuple[int, ...], after: tuple[int, ...]
) -> None:
    found = period(reset, ms(*now))
    assert (found.reset, found.name) == (reset, name)
    assert (found.first_day, found.ends_ms) == (day_of(ms(*first)), ms(*after))


@given(st.sampled_from(RESETS), st.integers(0, ms(2200, 1, 1)))
def test_a_window_forgets_nothing_before_its_period_is_over(reset: Reset, now_ms: int) -> None:
    found = period(reset, now_ms)
    assert found.ends_ms is not None
    assert found.first_day * DAY_MS <= now_ms < found.ends_ms
    assert period(reset, found.first_day * DAY_MS) == period(reset, found.ends_ms - 1) == found
    assert period(reset, found.ends_ms).name != found.name
    # A step of the window, a sixtieth, is the most that it looks back less.
    lasts = timedelta(milliseconds=found.ends_ms - found.first_day * DAY_MS)
    assert timedelta(seconds=found.window_s) * 59 / 60 >= lasts


def test_all_time_has_no_end() -> None:
    assert period(None, 0) is period(None, ms(2100, 1, 1)) is TOTAL
    assert TOTAL.ends_ms is None
