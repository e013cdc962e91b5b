"""How have endpoints done lately?"""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import NOW_S
from torana.routing.market.health import BROKEN, LESSER, STABLE, UNSTABLE, Health, Record, Seen, is_failing
from torana.routing.market.windows import FAILED, SERVED, Counted, Percentiles, Speeds

OK, FAILURE = Seen(200), Seen(500)


def seen(*what: Seen, every_s: float = 0.0) -> Health:
    health = Health()
    for place, each in enumerate(what):
        health.observe("a", each, NOW_S + place * every_s)
    return health


def rank_after(health: Health, seconds: float) -> int:
    return health.rank("a", NOW_S + seconds)


def test_nobody_knows_anything_of_a_new_one() -> None:
    health = Health()
    assert health.rank("a", NOW_S) == STABLE
    assert health.latencies(["a"], NOW_S) == health.throughputs(["a"], NOW_S) == [None]
    assert health.record("a", NOW_S) == Record()
    assert health.busy(["a"], 1) == []
    assert health.admit("a", NOW_S)


@pytest.mark.parametrize("status", [0, 401, 402, 404, 405, 408, 410, 421, 423, 424, 426, 498, 500, 502, 503, 504, 529])
def test_these_are_the_providers_failures(status: int) -> None:
    assert is_failing(status)
    assert rank_after(seen(Seen(status), Seen(status)), 0) == UNSTABLE


@pytest.mark.parametrize("status", [200, 206, 400, 403, 413, 422, 451, 499])
def test_these_are_not(status: int) -> None:
    assert not is_failing(status)
    assert rank_after(seen(*[Seen(status)] * 9), 0) == STABLE


def test_an_answer_that_breaks_off_is_a_failure() -> None:
    assert rank_after(seen(*[Seen(200, is_cut=True)] * 2), 0) == UNSTABLE


def test_one_failure_is_an_accident_and_two_are_an_outage_for_30_s() -> None:
    assert rank_after(seen(FAILURE), 0) == STABLE
    health = seen(FAILURE, FAILURE)
    assert [rank_after(health, age_s) for age_s in (0, 15, 29, 31)] == [UNSTABLE] * 3 + [STABLE]


@pytest.mark.parametrize(("served", "rank"), [(8, UNSTABLE), (9, STABLE)])
def test_less_than_a_fifth_is_no_outage(served: int, rank: int) -> None:
    assert rank_after(seen(*[OK] * served, FAILURE, FAILURE), 0) == rank


@pytest.mark.parametrize(
    ("served", "failed", "rank"),
    [(95, 5, STABLE), (94, 6, LESSER), (80, 20, LESSER), (79, 21, UNSTABLE), (78, 21, STABLE), (0, 4, STABLE)],
)
def test_uptime_is_judged_from_a_hundred_tries_on(served: int, failed: int, rank: int) -> None:
    health = Health()
    results = [OK] * served + [FAILURE] * failed
    random.Random(1).shuffle(results)  # noqa: S311  # no secret
    for each in results:
        health.observe("a", each, NOW_S)
    health.observe("a", Seen(400), NOW_S)
    # After the outage, or the breaker, that so many failures at once may have been.
    assert health.rank("a", NOW_S + 300) == rank


def test_each_failure_counts_towards_the_uptime_whenever_it_was_looked_at_before() -> None:
    """Five of a hundred are nothing, nor are they while fewer were tried; the sixth is."""
    health = Health()
    for number in range(6):
        assert health.rank("a", NOW_S + 60 * number) == STABLE
        health.observe("a", FAILURE, NOW_S + 60 * number)
        for _ in range(15):
            health.observe("a", Seen(200), NOW_S + 60 * number)
    assert health.rank("a", NOW_S + 60 * 6) == STABLE  # of 96 tries
    for _ in range(10):
        health.observe("a", Seen(200), NOW_S + 60 * 6)
    assert health.rank("a", NOW_S + 60 * 6 + 1) == LESSER  # 6 of 106


def test_uptime_is_that_of_half_an_hour() -> None:
    health = Health()
    for place in range(100):
        health.observe("a", FAILURE if place % 2 else OK, NOW_S)
    assert health.rank("a", NOW_S + 60 * 29) == UNSTABLE
    assert health.rank("a", NOW_S + 60 * 31) == STABLE


def test_a_breaker_opens_for_30_s_after_five_failures_in_a_row() -> None:
    assert rank_after(seen(*[FAILURE] * 4), 0) == UNSTABLE
    assert rank_after(seen(FAILURE, FAILURE, OK, FAILURE, FAILURE, FAILURE), 0) == UNSTABLE
    health = seen(*[FAILURE] * 5)
    assert (rank_after(health, 0), rank_after(health, 29.9), rank_after(health, 30.1)) == (BROKEN, BROKEN, STABLE)


def test_one_trial_at_a_time_and_twice_the_wait_after_one_that_failed() -> None:
    health, at_s = seen(*[FAILURE] * 5), NOW_S
    for wait_s in (30, 60, 120, 240, 300, 300):
        assert not health.admit("a", at_s + wait_s - 1)
        assert health.admit("a", at_s + wait_s)
        assert not health.admit("a", at_s + wait_s)
        assert health.rank("a", at_s + wait_s) == BROKEN
        at_s += wait_s
        health.observe("a", FAILURE, at_s)
        assert health.rank("a", at_s + 1) == BROKEN
    assert health.admit("a", at_s + 300)
    health.observe("a", OK, at_s + 301)
    assert health.admit("a", at_s + 301)
    assert health.admit("a", at_s + 301)


@pytest.mark.parametrize("what", [Seen(400), Seen(429)])
def test_a_trial_that_tells_nothing_lets_another_begin(what: Seen) -> None:
    health = seen(*[FAILURE] * 5)
    assert health.admit("a", NOW_S + 31)
    health.observe("a", what, NOW_S + 32)
    assert health.admit("a", NOW_S + 33)


def test_a_trial_of_which_nothing_is_heard_is_given_up() -> None:
    health = seen(*[FAILURE] * 5)
    assert health.admit("a", NOW_S + 31)
    assert not health.admit("a", NOW_S + 90)
    assert health.admit("a", NOW_S + 92)


def test_a_429_sets_it_back_for_as_long_as_it_says() -> None:
    health = seen(Seen(429, retry_after_s=20))
    assert [rank_after(health, age_s) for age_s in (0, 19, 21)] == [UNSTABLE, UNSTABLE, STABLE]
    assert rank_after(seen(Seen(429, retry_after_s=1e9)), 601) == STABLE


def test_else_for_twice_as_long_each_time_until_it_serves_again() -> None:
    health, at_s = Health(), NOW_S
    for wait_s in (1, 2, 4, 8, 16, 32, 60, 60):
        health.observe("a", Seen(429), at_s)
        assert health.rank("a", at_s + wait_s - 0.01) == UNSTABLE
        assert health.rank("a", at_s + wait_s + 0.01) == STABLE
        at_s += wait_s + 1
    health.observe("a", OK, at_s)
    health.observe("a", Seen(429), at_s)
    assert health.rank("a", at_s + 1.01) == STABLE


def test_a_429_is_no_failure() -> None:
    health = seen(*[Seen(429)] * 200)
    assert rank_after(health, 120) == STABLE
    assert health.record("a", NOW_S) == Record(limited=200)


def test_what_was_seen_is_counted() -> None:
    health = seen(OK, FAILURE, Seen(429), Seen(200, has_sound_calls=True), Seen(200, has_sound_calls=False), Seen(400))
    assert health.record("a", NOW_S) == Record(served=3, failed=1, limited=1, called=2, sound=1)
    assert health.record("a", NOW_S).tried == 4
    assert (health.busy(["a"], 4), health.busy(["a"], 5)) == (["a"], [])
    assert health.record("a", NOW_S + 60 * 60) == Record(called=2, sound=1)
    assert health.record("a", NOW_S + 60 * 60 * 3) == Record()


def test_speed_is_that_of_five_minutes() -> None:
    health = Health()
    for place in range(100):
        health.observe("a", Seen(200, latency_s=place / 100, tokens_per_s=float(place)), NOW_S)
    assert health.latencies(["a"], NOW_S)[0] == Percentiles(0.5, 0.75, 0.9, 0.99)
    assert health.throughputs(["a"], NOW_S)[0] == Percentiles(49.0, 24.0, 9.0, 0.0)
    assert health.latencies(["a"], NOW_S + 299)[0] is not None
    assert health.latencies(["a"], NOW_S + 301)[0] is None
    assert health.throughputs(["a"], NOW_S + 301)[0] is None


def test_memory_is_bounded_and_the_oldest_go_first() -> None:
    health = Health()
    for number in range(9_000):
        health.observe(f"e-{number}", FAILURE, NOW_S + number)
        health.observe(f"e-{number}", FAILURE, NOW_S + number)
    assert health.rank("e-8999", NOW_S + 9_000) == UNSTABLE
    assert health.record("e-0", NOW_S) == Record()
    assert health.record("e-8999", NOW_S + 9_000).failed == 2


@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 1000)), max_size=300), st.booleans())
def test_percentiles_are_those_of_what_was_lately_added(
    added: list[tuple[float, float]],
    rises: bool,  # noqa: FBT001  # drawn
) -> None:
    added.sort()
    speeds = Speeds(300, rises=rises)
    for at_s, value in added:
        speeds.add(value, at_s)
    latest = [value for at_s, value in added[-128:] if at_s > 400 - 300]
    latest.sort(reverse=rises)
    found = speeds.read(400)
    if not latest:
        assert found is None
        return
    assert found is not None
    for share, value in zip((50, 75, 90, 99), (found.p50, found.p75, found.p90, found.p99), strict=True):
        assert value == latest[min(len(latest) - 1, len(latest) * share // 100)]


@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from([SERVED, FAILED])), max_size=100), st.integers(0, 150))
def test_what_is_too_old_is_not_counted(added: list[tuple[int, int]], now: int) -> None:
    added.sort()
    counted = Counted(10, 3)
    for at, what in added:
        counted.add(what, at)
    now = max([now, *(at for at, _ in added)])
    counted.move(now)
    for kind in (SERVED, FAILED):
        assert counted.total[kind] == sum(what == kind and at // 10 > now // 10 - 3 for at, what in added)


def test_a_clock_that_is_set_back_loses_nothing() -> None:
    counted = Counted(1, 30)
    for now_s in (100.0, 99.0, 98.5):
        counted.add(SERVED, now_s)
    assert counted.total[SERVED] == 3
