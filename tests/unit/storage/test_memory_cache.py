"""The cache in memory: its bound holds, its tables agree, and no owner starves another."""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from torana.storage.memory_cache import OVERHEAD_BYTES, MemoryCache
from unit.storage.caches import Clock, answer

LIMIT = 16 * OVERHEAD_BYTES
Step: TypeAlias = tuple[str, int, int, int]

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "get", "grow", "wait", "sweep"]),
        st.integers(0, 20),
        st.integers(0, 3),
        st.integers(0, 5_000),
    ),
    max_size=120,
)


@given(STEPS)
async def test_the_bound_holds_and_nothing_is_found_that_was_not_put(steps: list[Step]) -> None:
    clock = Clock()
    cache = MemoryCache(LIMIT, clock)
    put: dict[bytes, tuple[bytes, float]] = {}
    for what, number, owner, size in steps:
        key = b"%d" % number
        if what == "put":
            body = b"%d" % len(put) * (size + 1)
            cache.put(key, answer(body), 1 + size % 7, f"owner-{owner}")
            put[key] = (body, clock.now_s + 1 + size % 7)
        elif what == "get":
            found = cache.get(key)
            if found is not None:
                assert found.body == put[key][0]
                assert clock.now_s < put[key][1]
        elif what == "grow":
            cache.grow(key, size)
        elif what == "wait":
            clock.now_s += size % 5
        else:
            cache.sweep()
        assert 0 <= cache.figures.bytes <= LIMIT
    clock.now_s += 100
    cache.sweep()
    assert (cache.figures.entries, cache.figures.bytes) == (0, 0)


async def test_an_owner_that_comes_late_gets_its_share_of_a_full_cache() -> None:
    cache = MemoryCache(LIMIT * 16, Clock())
    for number in range(1_000):
        cache.put(b"early-%d" % number, answer(b"x" * 1_000), 60, "early")
    for number in range(1_000):
        cache.put(b"late-%d" % number, answer(b"x" * 1_000), 60, "late")
    kept = {
        name: sum([cache.get(b"%b-%d" % (name, number)) is not None for number in range(1_000)])
        for name in (b"early", b"late")
    }
    assert min(kept.values()) * 4 > max(kept.values())


def test_a_key_that_is_put_again_and_again_leaves_nothing_behind() -> None:
    cache = MemoryCache(1 << 20, Clock())
    for _ in range(20_000):
        cache.put(b"same", answer(), 60, "a")
    assert cache.figures.entries == 1
    assert len(cache._alarms) < 2_000  # what would grow is seen nowhere else


def test_one_too_large_for_a_small_cache_moves_nobody() -> None:
    cache = MemoryCache(2 * OVERHEAD_BYTES, Clock())
    cache.put(b"small", answer(b"x"), 60, "a")
    cache.put(b"large", answer(b"x" * OVERHEAD_BYTES), 60, "b")
    assert cache.figures.entries == 1
    assert cache.figures.evictions == 0
