"""Counts of traffic, and the figures made of them."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.catalog.measured import NOTHING, Counts, Percentiles, bucket_of, measured, percentiles


def histogram(values: list[float]) -> dict[int, int]:
    found: dict[int, int] = {}
    for value in values:
        found[bucket_of(value)] = found.get(bucket_of(value), 0) + 1
    return found


@given(st.floats(min_value=0.01, max_value=1e6))
def test_a_span_alone_is_all_its_percentiles_within_six_percent(value: float) -> None:
    found = percentiles(histogram([value]))
    assert found is not None
    for each in (found.p50, found.p75, found.p90, found.p99):
        assert each == pytest.approx(value, rel=0.06)


@given(st.lists(st.floats(min_value=1, max_value=1e5), min_size=1, max_size=200))
def test_percentiles_rise_and_the_middle_is_the_median(values: list[float]) -> None:
    found = percentiles(histogram(values))
    assert found is not None
    assert found.p50 <= found.p75 <= found.p90 <= found.p99
    assert found.p50 == pytest.approx(statistics.median_low(values), rel=0.06)


def test_of_nothing_there_are_none() -> None:
    assert percentiles({}) is None
    assert Counts().uptime() is None
    assert measured(Counts(), Counts(), Counts()) == NOTHING


def test_values_beyond_all_measure_stay_within_the_buckets() -> None:
    assert bucket_of(0) == bucket_of(-1) == bucket_of(1e-9)
    assert bucket_of(1e12) == bucket_of(1e30)


def test_refusals_are_nobodys_failure() -> None:
    assert Counts(attempts=10, successes=6, refusals=2).uptime() == 75.0
    assert Counts(attempts=2, refusals=2).uptime() is None


def test_counts_add_up() -> None:
    sums = Counts(3, 2, 1, {1: 1}, {5: 1})
    sums.add(Counts(1, 1, 0, {1: 2, 2: 1}, {}))
    assert sums == Counts(4, 3, 1, {1: 3, 2: 1}, {5: 1})


def test_each_figure_is_of_its_own_span() -> None:
    lately = Counts(2, 1, 0, {bucket_of(100): 1}, {bucket_of(50): 1})
    found = measured(lately, Counts(4, 3, 0, {bucket_of(200): 3}, {bucket_of(20): 3}), Counts(10, 10))
    assert (found.uptime_5m, found.uptime_30m, found.uptime_1d, found.attempts) == (50.0, 75.0, 100.0, 10)
    assert isinstance(found.latency, Percentiles)
    assert found.latency.p50 == pytest.approx(200, rel=0.06)
    assert found.throughput is not None
    assert found.throughput.p50 == pytest.approx(20, rel=0.06)
