"""What a month will cost and when a limit runs out: by the rules that the docstrings state."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.forecast import forecast, runs_out_ms
from torana.control.limits import LimitState
from torana.control.management.spend import limit_state, spend_of
from torana.control.queries import to_rfc3339
from torana.periods import DAY_MS, day_number

if TYPE_CHECKING:
    from torana.limits import Technique

NOW_MS = int(datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp() * 1000)  # a Wednesday
TODAY = day_number(date(2026, 11, 18))
HOUR_MS = 3_600_000
COSTS = st.lists(st.floats(0, 1e6), min_size=3, max_size=14)


def test_days_that_are_all_alike_leave_no_doubt() -> None:
    found = forecast(30.0, [2.0] * 14, 12.5)
    assert found is not None
    assert (found.low, found.expected, found.high) == (55.0, 55.0, 55.0)


def test_the_spread_of_days_grows_with_the_root_of_those_left() -> None:
    found = forecast(10.0, [1.0, 2.0, 3.0], 16.0)
    assert found is not None
    assert found.expected == pytest.approx(10 + 2 * 16)
    assert found.high - found.expected == pytest.approx(1.2816 * 1.0 * 4)
    assert found.expected - found.low == pytest.approx(1.2816 * 1.0 * 4)


def test_a_month_never_costs_less_than_it_did() -> None:
    found = forecast(10.0, [0.0, 0.0, 9.0], 1.0)
    assert found is not None
    assert found.low == 10.0


@pytest.mark.parametrize("days", [[], [1.0], [1.0, 1.0]])
def test_two_days_are_no_ground_for_a_forecast(days: list[float]) -> None:
    assert forecast(5.0, days, 3.0) is None


@given(st.floats(0, 1e6), COSTS, st.floats(0, 31))
def test_what_is_expected_lies_between(spent: float, days: list[float], left: float) -> None:
    found = forecast(spent, days, left)
    assert found is not None
    assert spent <= found.low <= found.expected * (1 + 1e-9) + 1e-9
    assert found.expected <= found.high


def test_a_limit_runs_out_at_the_pace_of_its_window() -> None:
    hour = 3_600_000
    assert runs_out_ms(5, 5, 0, 24 * hour, 6 * hour) == 12 * hour
    assert runs_out_ms(5, 20, 0, 24 * hour, 6 * hour) is None, "the window ends before"
    assert runs_out_ms(5, 15, 0, 24 * hour, 6 * hour) is None, "just then it begins anew"
    assert runs_out_ms(0, 5, 0, 24 * hour, 6 * hour) is None
    assert runs_out_ms(5, 0, 0, 24 * hour, 6 * hour) == 6 * hour


def test_one_dear_call_at_the_beginning_of_a_window_is_no_rush() -> None:
    """A pace is not read off less than a sixtieth of the window."""
    minute = 60_000
    assert runs_out_ms(1, 58, 0, 60 * minute, 1) == 1 + 58 * minute
    assert runs_out_ms(1, 60, 0, 60 * minute, 1) is None


@given(st.floats(1e-9, 1e9), st.floats(0, 1e9), st.integers(1, 10**10), st.integers(0, 10**10))
def test_a_limit_never_runs_out_in_the_past_or_after_its_window(
    used: float, remaining: float, length: int, since: int
) -> None:
    start = 1_700_000_000_000
    now = start + since % length
    found = runs_out_ms(used, remaining, start, start + length, now)
    assert found is None or now <= found < start + length or (remaining == 0 and found == now)


def test_days_weeks_and_months_begin_where_they_do_in_utc() -> None:
    costs = {TODAY - 20: 100.0, TODAY - 17: 8.0, TODAY - 3: 4.0, TODAY - 2: 2.0, TODAY: 1.0}
    found = spend_of(costs, [], NOW_MS)
    assert (found.today, found.week, found.month) == (1.0, 3.0, 15.0)
    assert [one.day for one in found.per_day][:: len(found.per_day) - 1] == ["2026-10-20", "2026-11-18"]
    assert len(found.per_day) == 30
    assert {one.day: one.cost for one in found.per_day if one.cost} == {
        "2026-10-29": 100.0,
        "2026-11-01": 8.0,
        "2026-11-15": 4.0,
        "2026-11-16": 2.0,
        "2026-11-18": 1.0,
    }


def test_the_forecast_looks_at_the_last_full_days_and_counts_those_without_a_request() -> None:
    old = {TODAY - 29: 500.0, **{TODAY - day: 14.0 for day in (1, 14)}, TODAY: 99.0}
    found = spend_of(old, [], NOW_MS).forecast_month
    assert found is not None
    assert found.expected == pytest.approx(14.0 + 14.0 + 99.0 + 2.0 * 12.5)


def test_a_gateway_that_began_lately_is_judged_by_its_own_days() -> None:
    found = spend_of({TODAY - 3: 1.0, TODAY - 1: 2.0}, [], NOW_MS).forecast_month
    assert found is not None
    assert found.expected == pytest.approx(3.0 + 1.0 * 12.5)
    assert spend_of({TODAY - 2: 1.0, TODAY - 1: 2.0, TODAY: 9.0}, [], NOW_MS).forecast_month is None
    assert spend_of({}, [], NOW_MS).forecast_month is None


def state(used: float, limit: float, window_s: int, technique: Technique, eases_ms: int | None = None) -> LimitState:
    return LimitState(
        kind="spend",
        id="one",
        limit=limit,
        window=window_s,
        technique=technique,
        by=[],
        used=used,
        held=0,
        remaining=limit - used,
        eases_at=None if eases_ms is None else to_rfc3339(eases_ms),
        values=[],
        value_count=0,
    )


def test_a_fixed_limit_says_when_it_begins_anew() -> None:
    found = limit_state(state(4.0, 6.0, 86_400, "fixed"), NOW_MS)
    assert (found.resets_at, found.runs_out_at) == ("2026-11-19T00:00:00.000Z", "2026-11-18T18:00:00.000Z")
    assert limit_state(state(2.0, 6.0, 86_400, "fixed"), NOW_MS).runs_out_at is None


def test_a_sliding_limit_is_judged_from_the_first_call_that_still_counts() -> None:
    step_ms = DAY_MS // 60
    eases_ms = NOW_MS - 6 * HOUR_MS + DAY_MS + step_ms
    found = limit_state(state(4.0, 6.0, 86_400, "sliding", eases_ms), NOW_MS)
    assert (found.resets_at, found.runs_out_at) == (None, "2026-11-18T15:00:00.000Z")
    assert limit_state(state(0.0, 6.0, 86_400, "sliding"), NOW_MS).runs_out_at is None


@pytest.mark.parametrize("technique", ["fixed", "sliding"])
def test_the_longest_window_has_an_end_that_can_be_told(technique: Technique) -> None:
    found = limit_state(state(1.0, 6.0, (1 << 53) - 1, technique), NOW_MS)
    assert (found.resets_at is None) == (technique == "sliding")
