"""Filters of datasets: the span that they name is what their conditions mean, one by one."""

from __future__ import annotations

import operator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.graphql.datasets import DATASETS, STEPS_MS
from torana.control.graphql.filters import MOST_CONDITIONS, BadFilter, fields_of, read_span, shown, to_ms

COMPARE = {
    "": operator.eq,
    "_gt": operator.gt,
    "_geq": operator.ge,
    "_lt": operator.lt,
    "_leq": operator.le,
}
MINUTE = 60_000
MINUTES = st.integers(0, 4_000).map(lambda number: number * MINUTE)


@given(st.sampled_from(sorted(STEPS_MS)), st.sampled_from(sorted(COMPARE)), MINUTES, MINUTES)
def test_a_span_holds_the_minutes_whose_dimension_fits(name: str, suffix: str, bound: int, minute: int) -> None:
    text = datetime.fromtimestamp(bound / 1000, UTC).isoformat()
    span = read_span({name + suffix: text})
    dimension = minute - minute % STEPS_MS[name]
    assert (span.since_ms <= minute < span.until_ms) == COMPARE[suffix](dimension, bound)
    assert span.rest == []


def test_bounds_within_and_count_and_others_are_left_over() -> None:
    day = {"date_geq": "1970-01-02"}
    span = read_span({"AND": [day, {"model": "m", "OR": [{"date": "1970-01-01"}]}], "datetimeHour_neq": "1970-01-01"})
    assert span.since_ms == 86_400_000
    assert dict(span.rest).keys() == {"model", "OR", "datetimeHour_neq"}


def test_a_filter_names_its_fields_wherever_they_stand() -> None:
    assert [*fields_of({"model_like": "x", "OR": [{"AND": [{"userAgent_in": []}]}]})] == ["model", "userAgent"]
    with pytest.raises(BadFilter):
        [*fields_of({"OR": [{"model": "x"}] * (MOST_CONDITIONS + 1)})]


@pytest.mark.parametrize("value", ["soon", "", None, 5, [], "2026-13-01"])
def test_what_is_no_moment_is_told(value: object) -> None:
    with pytest.raises(BadFilter, match="`date` takes"):
        to_ms("date", value)


def test_values_are_shown_as_their_scalars_are() -> None:
    assert shown("date", "Date", 86_400_000) == "1970-01-02"
    assert shown("datetimeHour", "Time", 3_600_000) == "1970-01-01T01:00:00Z"
    assert shown("datetime", "Time", 5) == "1970-01-01T00:00:00.005Z"
    assert [shown("x", kind, 1.0) for kind in ("float64", "uint64")] == [1.0, 1]


def test_what_a_quicker_table_knows_a_slower_one_knows_too() -> None:
    for dataset in DATASETS:
        for table in (dataset.hours, dataset.logs):
            if table is not None:
                assert dataset.minutes.dimensions.keys() <= table.dimensions.keys()
                assert dataset.minutes.sums.keys() == table.sums.keys()
