"""Percentiles from buckets: never further off than the bucket is wide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torana.control.analytics.histogram import BOUNDS_US, BUCKETS, GROWTH, bucket_of, percentile
from torana.storage.tables import HISTOGRAM

SPANS = st.lists(st.integers(1_001, BOUNDS_US[-1]), min_size=1, max_size=200)


def counts_of(spans: list[int]) -> list[int]:
    counts = [0] * BUCKETS
    for span in spans:
        counts[bucket_of(span)] += 1
    return counts


def test_the_store_has_a_column_for_each_bucket() -> None:
    assert HISTOGRAM == BUCKETS == len(BOUNDS_US) + 1


@given(SPANS, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_an_estimate_is_in_the_bucket_of_the_true_one(spans: list[int], share: float) -> None:
    rank = max(1, -(-round(share * 100) * len(spans) // 100))
    true = sorted(spans)[rank - 1]
    estimate = percentile(counts_of(spans), share)
    assert estimate is not None
    assert true / GROWTH * 0.99 <= estimate <= true * GROWTH * 1.01


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile([0] * BUCKETS, 0.5) is None


def test_what_is_longer_than_all_bounds_is_in_the_last_bucket() -> None:
    assert bucket_of(BOUNDS_US[-1] + 1) == BUCKETS - 1
    estimate = percentile(counts_of([BOUNDS_US[-1] * 9]), 0.5)
    assert estimate is not None
    assert estimate > BOUNDS_US[-1]


def test_what_takes_no_time_is_in_the_first_bucket() -> None:
    assert bucket_of(0) == bucket_of(1_000) == 0
