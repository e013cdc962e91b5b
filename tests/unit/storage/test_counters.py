"""The port that limits count with: what every implementation of it keeps to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from torana.storage.counters import MOST, Counter, Counters, Refused, rule
from torana.storage.mapped_counters import MappedCounters

if TYPE_CHECKING:
    from typing import TypeAlias

NOON_US = 1_700_000_000_000_000 // 60_000_000 * 60_000_000
S = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now_us = NOON_US

    def __call__(self) -> int:
        return self.now_us

    def wait(self, seconds: float) -> None:
        self.now_us += int(seconds * S)


class Making(Protocol):
    """Another process that counts at the same place."""

    def __call__(self, worker: int) -> Counters: ...


if TYPE_CHECKING:
    Made: TypeAlias = tuple[Counters, Clock]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["mapped"])
def another(clock: Clock, tmp_path: Path) -> Iterator[Making]:
    opened: list[MappedCounters] = []

    def make(worker: int) -> Counters:
        opened.append(MappedCounters(tmp_path / "counters", worker, clock, slots=256))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def counters(another: Making) -> Counters:
    return another(0)


def fixed(limit: int, seconds: int = 60, name: str = "f", value: str = "") -> Counter:
    return rule(name, limit, seconds, "fixed").counter(value)


def sliding(limit: int, seconds: int = 60, name: str = "s", value: str = "") -> Counter:
    return rule(name, limit, seconds, "sliding").counter(value)


@pytest.mark.parametrize("counter", [fixed(3), sliding(3)], ids=["fixed", "sliding"])
async def test_up_to_the_limit_is_taken_and_no_more(counters: Counters, counter: Counter) -> None:
    assert [counters.take([counter], 1) for _ in range(3)] == [None] * 3
    refused = counters.take([counter], 1)
    assert refused is not None
    assert (refused.index, refused.used, refused.held) == (0, 3, 0)
    assert counters.take([counter], 0) is None


async def test_a_fixed_window_ends_for_all_at_once(counters: Counters, clock: Clock) -> None:
    clock.wait(45)
    counter = fixed(2)
    assert counters.take([counter], 2) is None
    assert counters.take([counter], 1) == Refused(0, 2, 0, 15)
    clock.wait(14.5)
    assert counters.take([counter], 1) == Refused(0, 2, 0, 1)
    clock.wait(0.5)
    assert counters.take([counter], 2) is None


async def test_a_sliding_window_frees_what_is_older_a_step_late_at_most(counters: Counters, clock: Clock) -> None:
    counter = sliding(3)
    assert counters.take([counter], 1) is None
    clock.wait(30)
    assert counters.take([counter], 2) is None
    assert counters.take([counter], 1) == Refused(0, 3, 0, 31)
    clock.wait(30.9)
    assert counters.take([counter], 1) == Refused(0, 3, 0, 1)
    clock.wait(0.1)
    assert counters.take([counter], 1) is None
    assert counters.take([counter], 2) == Refused(0, 3, 0, 30)
    clock.wait(3600)
    assert counters.take([counter], 3) is None


async def test_what_one_refuses_none_counts(counters: Counters) -> None:
    wide, narrow = fixed(10, name="wide"), fixed(1, name="narrow")
    assert counters.take([wide, narrow], 1) is None
    refused = counters.take([wide, narrow], 1)
    assert refused is not None
    assert refused.index == 1
    assert counters.take([wide], 9) is None
    assert counters.take([wide], 1) is not None


async def test_what_is_held_counts_until_it_is_settled(counters: Counters) -> None:
    counter = sliding(10)
    assert counters.hold([counter], 6) is None
    assert counters.hold([counter], 6) == Refused(0, 0, 6, 1)
    counters.settle([counter], 6, 2)
    assert counters.hold([counter], 8) is None
    counters.settle([counter], 8, 0)
    assert counters.hold([counter], 9) == Refused(0, 2, 0, 61)
    assert counters.hold([counter], 11) == Refused(0, 2, 0, 60)


async def test_what_is_held_outlives_its_window_and_counts_where_it_is_settled(
    counters: Counters, clock: Clock
) -> None:
    counter = fixed(10)
    assert counters.hold([counter], 10) is None
    clock.wait(600)
    assert counters.hold([counter], 1) is not None
    counters.settle([counter], 10, 4)
    assert counters.hold([counter], 7) is not None
    assert counters.hold([counter], 6) is None


async def test_what_was_used_may_be_more_than_was_held(counters: Counters) -> None:
    counter = fixed(10)
    assert counters.hold([counter], 1) is None
    counters.settle([counter], 1, 25)
    assert counters.hold([counter], 1) == Refused(0, 25, 0, 60)


async def test_no_amount_breaks_a_counter(counters: Counters) -> None:
    counter = fixed(MOST)
    for _ in range(3):
        assert counters.hold([counter], 0) is None
        counters.settle([counter], 0, 1 << 62)
    assert counters.take([counter], 1) == Refused(0, MOST, 0, 60)


async def test_values_and_windows_are_counted_apart(counters: Counters) -> None:
    apart = [
        fixed(1, value="a"),
        fixed(1, value="b"),
        fixed(1, value="ä" * 300),
        fixed(1, value="ä" * 300 + "b"),
        fixed(1, 61, value="a"),
        sliding(1, name="f", value="a"),
    ]
    assert [counters.take([each], 1) for each in apart] == [None] * 6
    assert None not in [counters.take([each], 1) for each in apart]


async def test_another_limit_keeps_what_was_counted(counters: Counters) -> None:
    assert counters.take([fixed(2)], 2) is None
    assert counters.take([fixed(5)], 3) is None
    assert counters.take([fixed(4)], 1) == Refused(0, 5, 0, 60)


async def test_standings_show_what_is_not_at_rest(counters: Counters, clock: Clock) -> None:
    split, other = rule("r", 10, 60, "sliding"), rule("o", 10, 60, "fixed")
    assert counters.standings([split.id, other.id]) == [[], []]
    counters.take([split.counter("one")], 1)
    clock.wait(20)
    counters.take([split.counter("two")], 3)
    counters.hold([split.counter("two")], 2)
    counters.take([other.counter()], 5)
    of_split, of_other = counters.standings([split.id, other.id])
    assert [(s.label, s.used, s.held) for s in of_split] == [("two", 3, 2), ("one", 1, 0)]
    assert [s.eases_us for s in of_split] == [NOON_US + 81 * S, NOON_US + 61 * S]
    assert [(s.label, s.used, s.eases_us) for s in of_other] == [("", 5, NOON_US + 60 * S)]
    clock.wait(41)
    assert [(s.label, s.used) for s in counters.standings([split.id])[0]] == [("two", 3)]
    clock.wait(60)
    assert [(s.label, s.used, s.held, s.eases_us) for s in counters.standings([split.id])[0]] == [("two", 0, 2, 0)]


async def test_all_workers_count_together(another: Making) -> None:
    one, two = another(0), another(1)
    counter = fixed(3)
    assert one.take([counter], 1) is None
    assert two.take([counter], 1) is None
    assert one.hold([counter], 1) is None
    assert two.take([counter], 1) == Refused(0, 2, 1, 1)
    one.settle([counter], 1, 0)
    assert two.take([counter], 1) is None
    assert one.take([counter], 1) is not None
