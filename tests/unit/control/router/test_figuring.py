"""Facts put together by name and by time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.control.router.facts import Fact
from torana.control.router.figuring import METRICS, Filter, Granularity, Operator, Plan, Value, bucket, tabulate
from torana.control.router.times import ms_of

DAY_MS = 86_400_000
NOW_MS = ms_of("2026-11-18T13:45:07Z")
NAMES = ("model", "user")
facts = st.lists(
    st.builds(
        Fact,
        at_ms=st.integers(NOW_MS - 90 * DAY_MS, NOW_MS),
        names=st.fixed_dictionaries({name: st.sampled_from(["", "a", "b", "c"]) for name in NAMES}),
        requests=st.integers(1, 5),
        cost_nano=st.integers(0, 10**9),
        tokens_in=st.integers(0, 100),
    ),
    max_size=20,
)
granularities = st.sampled_from([None, "minute", "hour", "day", "week", "month"])
dimensions = st.lists(st.sampled_from(NAMES), unique=True)


@given(facts, granularities, dimensions)
def test_however_it_is_split_the_sums_are_the_same(
    found: list[Fact], granularity: Granularity | None, names: list[str]
) -> None:
    requests, tokens = sum(one.requests for one in found), sum(one.tokens_in for one in found)
    plan = Plan(metrics=["request_count", "tokens_prompt"], granularity=granularity, dimensions=names, limit=10_000)
    table = tabulate(found, plan)
    assert sum(float(row["request_count"]) for row in table.rows) == requests
    assert sum(float(row["tokens_prompt"]) for row in table.rows) == tokens
    keys = [tuple(row[name] for name in row if name not in plan.metrics) for row in table.rows]
    assert len(set(keys)) == len(keys)
    assert not table.is_truncated


@given(facts, st.integers(1, 5), st.booleans())
def test_rows_are_ordered_and_cut(found: list[Fact], limit: int, is_descending: bool) -> None:  # noqa: FBT001  # hypothesis gives it
    plan = Plan(
        metrics=["tokens_prompt"], dimensions=["model", "user"], order_by="tokens_prompt", limit=limit,
        is_descending=is_descending,
    )  # fmt: skip
    table = tabulate(found, plan)
    values = [float(row["tokens_prompt"]) for row in table.rows]
    assert values == sorted(values, reverse=is_descending)
    groups = {(one.names["model"], one.names["user"]) for one in found}
    assert len(values) == min(limit, len(groups))
    assert table.is_truncated is (len(groups) > limit)


@pytest.mark.parametrize(
    ("granularity", "start"),
    [
        ("minute", "2026-11-18T13:45:00Z"),
        ("hour", "2026-11-18T13:00:00Z"),
        ("day", "2026-11-18T00:00:00Z"),
        ("week", "2026-11-16T00:00:00Z"),
        ("month", "2026-11-01T00:00:00Z"),
    ],
)
def test_periods_begin_where_they_do_in_utc(granularity: Granularity, start: str) -> None:
    assert bucket(NOW_MS, granularity) == ms_of(start)
    assert bucket(ms_of(start), granularity) == ms_of(start)


@pytest.mark.parametrize(
    ("operator", "value", "include_unset", "passing"),
    [
        ("eq", "a", False, ["a"]),
        ("neq", "a", False, ["", "b", "c"]),
        ("in", ["a", "b"], False, ["a", "b"]),
        ("in", ["a"], True, ["", "a"]),
        ("not_in", ["a"], False, ["b", "c"]),
        ("not_in", ["a"], True, ["", "b", "c"]),
        ("gt", "b", False, ["c"]),
        ("gte", "b", False, ["b", "c"]),
        ("lt", "b", False, ["", "a"]),
        ("lte", "a", False, ["", "a"]),
    ],
)
def test_filters_choose(
    operator: Operator,
    value: Value | list[Value],
    include_unset: bool,  # noqa: FBT001  # a parameter
    passing: list[str],
) -> None:
    found = [Fact(NOW_MS, {"model": name}, requests=1) for name in ("", "a", "b", "c")]
    chosen = Filter("model", operator, value, include_unset)
    table = tabulate(found, Plan(metrics=["request_count"], dimensions=["model"], filters=[chosen]))
    assert sorted(str(row["model"]) for row in table.rows) == passing


def test_a_combination_of_names_has_only_so_many_rows() -> None:
    found = [Fact(NOW_MS - day * DAY_MS, {"model": name}, requests=1) for day in range(5) for name in "ab"]
    plan = Plan(metrics=["request_count"], dimensions=["model"], granularity="day", group_limit=2)
    rows = tabulate(found, plan).rows
    assert [(row["created_at__day"], row["model"]) for row in rows] == [
        ("2026-11-14T00:00:00.000Z", "a"),
        ("2026-11-14T00:00:00.000Z", "b"),
        ("2026-11-15T00:00:00.000Z", "a"),
        ("2026-11-15T00:00:00.000Z", "b"),
    ]


def test_rates_are_of_the_sums() -> None:
    found = [
        Fact(
            NOW_MS, {}, requests=1, tokens_in=10, cached=5, cost_nano=3_000_000_000, timed=1, first_ms=10, total_ms=100
        ),
        Fact(NOW_MS, {}, requests=1, tokens_in=30, tokens_out=5, timed=1, first_ms=30, total_ms=400),
    ]
    (row,) = tabulate(found, Plan(metrics=[*METRICS])).rows
    assert row == {
        "request_count": 2,
        "total_usage": 3.0,
        "byok_usage": 0,
        "tokens_total": 45,
        "tokens_prompt": 40,
        "tokens_completion": 5,
        "reasoning_tokens": 0,
        "cached_tokens": 5,
        "cache_hit_rate": 0.125,
        "avg_cost": 1.5,
        "avg_latency": 20,
        "avg_generation_time": 250,
        "avg_throughput": 10,
    }
    (empty,) = tabulate([Fact(NOW_MS, {})], Plan(metrics=[*METRICS])).rows
    assert set(empty.values()) == {0}
