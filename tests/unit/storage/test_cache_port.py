"""What every cache must do, whatever it keeps its answers in."""

from __future__ import annotations

import pytest

from torana.storage.cache import Cache
from unit.storage.caches import MAKES, Clock, Make, answer

KEY, OTHER = b"k" * 24, b"o" * 24


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=list(MAKES.values()), ids=list(MAKES))
def cache(request: pytest.FixtureRequest, clock: Clock) -> Cache:
    make: Make = request.param
    return make(clock)


async def test_what_was_put_is_found_whole_and_nothing_else_is(cache: Cache) -> None:
    stored = answer(b"\x00body\xff", is_stream=True)
    cache.put(KEY, stored, 60, "a")
    assert cache.get(KEY) == stored
    assert cache.get(OTHER) is None
    assert (cache.figures.hits, cache.figures.misses) == (1, 1)


async def test_what_is_put_again_takes_the_place_of_the_former(cache: Cache) -> None:
    cache.put(KEY, answer(b"first"), 60, "a")
    cache.put(KEY, answer(b"second"), 60, "b")
    found = cache.get(KEY)
    assert found is not None
    assert found.body == b"second"


async def test_it_is_there_until_its_time_is_up(cache: Cache, clock: Clock) -> None:
    cache.put(KEY, answer(), 60, "a")
    cache.put(OTHER, answer(), 90, "a")
    clock.now_s += 59.9
    assert cache.get(KEY) is not None
    clock.now_s += 0.2
    assert cache.get(KEY) is None
    assert cache.get(OTHER) is not None


async def test_what_is_too_large_is_not_kept(cache: Cache) -> None:
    cache.put(KEY, answer(b"x" * cache.largest), 60, "a")
    assert cache.get(KEY) is not None
    cache.put(KEY, answer(b"x" * (cache.largest + 1)), 60, "a")
    assert cache.get(KEY) is None


async def test_who_floods_it_loses_its_own_entries(cache: Cache) -> None:
    for number in range(20):
        cache.put(b"quiet-%d" % number, answer(b"q" * 1000), 60, "quiet")
    for number in range(5_000):
        cache.put(b"flood-%d" % number, answer(b"f" * 1000), 60, "flood")
    assert all(cache.get(b"quiet-%d" % number) for number in range(20))
    assert cache.get(b"flood-0") is None
    assert cache.get(b"flood-4999") is not None


async def test_what_is_asked_for_stays_longest(cache: Cache) -> None:
    for number in range(2_000):
        cache.put(b"%d" % number, answer(b"x" * 1000), 60, "a")
        cache.get(b"0")
    assert cache.get(b"0") is not None
    assert cache.get(b"1") is None
