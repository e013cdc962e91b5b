"""The nearest of the questions known; time, room, and what leaves first."""

from __future__ import annotations

import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.semantic.index import MOST_A_SCOPE, OVERHEAD_BYTES, Index, Known, unit

COORDINATES = st.lists(st.floats(-1e3, 1e3, width=32), min_size=3, max_size=3)


def vector(*values: float) -> array[float]:
    made = unit(values)
    assert made is not None
    return made


def known(key: bytes, *values: float, until_s: float = 100) -> Known:
    return Known(key, key.decode(), vector(*values), until_s)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def index(clock: Clock) -> Index:
    return Index(1 << 20, clock)


def test_the_nearest_is_found_with_its_cosine(index: Index) -> None:
    index.add(b"s", known(b"a", 1, 0))
    index.add(b"s", known(b"b", 1, 1))
    near = index.nearest(b"s", vector(1, 0.9))
    assert near is not None
    assert near.known.key == b"b"
    assert near.similarity == pytest.approx(1.9 / math.sqrt(2 * 1.81), abs=1e-6)


def test_scopes_do_not_see_each_other(index: Index) -> None:
    index.add(b"s", known(b"a", 1, 0))
    assert (index.has(b"s"), index.has(b"t")) == (True, False)
    assert index.nearest(b"t", vector(1, 0)) is None


def test_vectors_of_another_model_are_not_compared(index: Index) -> None:
    index.add(b"s", known(b"a", 1, 0, 0))
    assert index.nearest(b"s", vector(1, 0)) is None


def test_what_has_expired_is_gone(index: Index, clock: Clock) -> None:
    index.add(b"s", known(b"a", 1, 0, until_s=10))
    clock.now_s = 10
    assert index.nearest(b"s", vector(1, 0)) is None
    assert (index.entries, index.bytes, index.has(b"s")) == (0, 0, False)


def test_the_same_key_is_known_once(index: Index) -> None:
    index.add(b"s", known(b"a", 1, 0))
    index.add(b"s", known(b"a", 0, 1))
    assert index.entries == 1
    index.remove(b"s", b"a")
    assert (index.entries, index.bytes) == (0, 0)


def test_a_scope_is_bounded_and_its_oldest_goes_first(index: Index) -> None:
    for number in range(MOST_A_SCOPE + 1):
        index.add(b"s", known(b"%d" % number, 1, number))
    assert index.entries == MOST_A_SCOPE
    near = index.nearest(b"s", vector(1, 0))
    assert near is not None
    assert near.known.key == b"1"


def test_the_scope_used_least_recently_makes_room(clock: Clock) -> None:
    index = Index(2 * (OVERHEAD_BYTES + 8), clock)
    index.add(b"s", known(b"a", 1, 0))
    index.add(b"t", known(b"b", 1, 0))
    assert index.nearest(b"s", vector(1, 0)) is not None
    index.add(b"u", known(b"c", 1, 0))
    assert [index.has(scope) for scope in (b"s", b"t", b"u")] == [True, False, True]
    assert index.entries == 2


def test_what_has_no_direction_is_no_vector() -> None:
    assert unit([0.0, 0.0]) is None
    assert unit([math.inf, 1.0]) is None
    assert unit([math.nan, 1.0]) is None


@given(COORDINATES, COORDINATES)
def test_the_cosine_is_within_its_bounds_and_does_not_mind_lengths(one: list[float], other: list[float]) -> None:
    first, last = unit(one), unit(other)
    longer = unit([3 * value for value in one])
    if first is None or last is None or longer is None:
        return
    index = Index(1 << 20, Clock())
    index.add(b"s", Known(b"a", "a", first, 1))
    for similarity in [near.similarity for v in (last, longer) if (near := index.nearest(b"s", v)) is not None]:
        assert -1.00001 <= similarity <= 1.00001
    near = index.nearest(b"s", longer)
    assert near is not None
    assert near.similarity == pytest.approx(1, abs=1e-5)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30), st.booleans()), max_size=80))
def test_the_figures_are_those_of_what_is_there(steps: list[tuple[int, int, bool]]) -> None:
    index = Index(12 * (OVERHEAD_BYTES + 8), Clock())
    for scope, key, is_added in steps:
        if is_added:
            index.add(b"%d" % scope, known(b"%d" % key, 1, key))
        else:
            index.remove(b"%d" % scope, b"%d" % key)
        there = [each for found in index._scopes.values() for each in found]
        assert index.entries == len(there) <= 12
        assert index.bytes == len(there) * (OVERHEAD_BYTES + 8)
        assert all(index._scopes.values())
