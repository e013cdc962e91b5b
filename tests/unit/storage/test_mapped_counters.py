"""Counters in a mapped file: exact over processes, kept over their deaths, bounded."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torana.storage import counter_file
from torana.storage.counter_file import SHARED, CounterFile
from torana.storage.counters import Counter, Refused, Uncounted, rule
from torana.storage.mapped_counters import MappedCounters
from unit.storage.test_counters import NOON_US, Clock, fixed, sliding

_GREEDY = """
import asyncio, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from torana.storage.counters import rule
from torana.storage.mapped_counters import MappedCounters

async def main():
    counters = MappedCounters(Path(sys.argv[1]), int(sys.argv[2]))
    shared, own = (rule(name, 5_000, 3600 * 24 * 365, "fixed").counter() for name in ("shared", "own" + sys.argv[2]))
    print("ready", flush=True)
    sys.stdin.readline()
    got = 0
    for _ in range(6_000):
        if counters.hold([shared], 1) is None:
            counters.settle([shared], 1, 1)
            got += 1
        counters.take([own], 1)
    print(got, flush=True)

asyncio.run(main())
"""
_HOLDING = """
import asyncio, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from torana.storage.counters import rule
from torana.storage.mapped_counters import MappedCounters

async def main():
    counters = MappedCounters(Path(sys.argv[1]), 0)
    counter = rule("r", 100, 3600 * 24 * 365, "fixed").counter()
    counters.take([counter], 7)
    counters.hold([counter], 20)
    counters.hold([counter], 3)
    counters.settle([counter], 3, 1)
    print("held", flush=True)
    sys.stdin.readline()

asyncio.run(main())
"""
YEAR = rule("r", 100, 3600 * 24 * 365, "fixed").counter()


def started(script: str, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def names(folder: Path, pattern: str) -> list[str]:
    return sorted(path.name for path in folder.glob(pattern))


def test_processes_that_race_for_one_limit_get_it_exactly(tmp_path: Path) -> None:
    racers = [started(_GREEDY, str(tmp_path), str(index)) for index in range(3)]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    got = [int(racer.communicate(timeout=30)[0]) for racer in racers]
    assert sum(got) == 5_000
    with MappedCounters(tmp_path) as counters:
        rules = [rule(name, 1, 3600 * 24 * 365, "fixed").id for name in ("shared", "own0", "own1", "own2")]
        assert [[each.used, each.held] for [each] in counters.standings(rules)] == [[5_000, 0]] * 4


async def test_what_a_killed_process_counted_is_kept_and_what_it_held_is_counted(tmp_path: Path) -> None:
    holder = started(_HOLDING, str(tmp_path))
    with MappedCounters(tmp_path, 1) as other:
        assert other.hold([YEAR], 5) is None
        holder.send_signal(signal.SIGKILL)
        holder.communicate()
        [[standing]] = other.standings([YEAR.rule])
        assert (standing.used, standing.held) == (8, 25)
        with MappedCounters(tmp_path, 0):
            [[standing]] = other.standings([YEAR.rule])
            assert (standing.used, standing.held) == (28, 5)
        other.settle([YEAR], 5, 1)
        [[standing]] = other.standings([YEAR.rule])
        assert (standing.used, standing.held) == (29, 0)
    assert names(tmp_path, "held.*") == ["held.0", "held.1"]


async def test_a_living_worker_takes_over_from_a_dead_one_that_nobody_follows(tmp_path: Path) -> None:
    holder = started(_HOLDING, str(tmp_path))
    with MappedCounters(tmp_path, 1) as other:
        other.look()
        [[standing]] = other.standings([YEAR.rule])
        assert standing.held == 20
        holder.kill()
        holder.communicate()
        other.look()
        [[standing]] = other.standings([YEAR.rule])
        assert (standing.used, standing.held) == (28, 0)


def test_no_two_living_workers_have_one_number(tmp_path: Path) -> None:
    with MappedCounters(tmp_path, 0), pytest.raises(OSError, match="worker 0"):
        MappedCounters(tmp_path, 0)


def test_only_a_worker_that_is_alone_goes_without_the_lock(tmp_path: Path) -> None:
    one = CounterFile(tmp_path, 64)
    one.attach(0, NOON_US)
    assert not one.cells[SHARED]
    two = CounterFile(tmp_path, 64)
    two.attach(1, NOON_US)
    assert one.cells[SHARED]
    one.look(NOON_US)
    assert one.cells[SHARED]
    two.close()
    one.look(NOON_US)
    assert not one.cells[SHARED]
    one.close()


async def test_who_comes_waits_for_the_turn_of_the_worker_that_was_alone(tmp_path: Path) -> None:
    """Else both reckon from the same state, and each gives out the whole of a limit."""
    began, may_end = threading.Event(), threading.Event()

    def slow_clock() -> int:
        if threading.current_thread() is not threading.main_thread():
            began.set()
            assert may_end.wait(30)
        return NOON_US

    with (
        MappedCounters(tmp_path, 0, slow_clock, slots=64) as first,
        ThreadPoolExecutor() as threads,
    ):
        turn = threads.submit(first.hold, [YEAR], 80)
        assert began.wait(30)
        coming = threads.submit(MappedCounters, tmp_path, 1, lambda: NOON_US, 64)
        with pytest.raises(TimeoutError):
            coming.result(0.2)
        may_end.set()
        assert turn.result(30) is None
        with coming.result(30) as second:
            assert isinstance(second.hold([YEAR], 80), Refused)


_DYING_IN_ITS_TURN = """
import os, signal, sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from torana.storage.counter_file import CounterFile

file = CounterFile(Path(sys.argv[1]))
file.attach(0, time.time_ns() // 1000)
file.lock()
print("locked", flush=True)
sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_who_comes_does_not_wait_for_a_worker_that_died_in_its_turn(tmp_path: Path) -> None:
    dead = started(_DYING_IN_ITS_TURN, str(tmp_path))
    dead.communicate("die\n", timeout=30)
    with MappedCounters(tmp_path, 1) as other:
        assert other.take([YEAR], 100) is None


def test_who_comes_gives_up_on_a_worker_that_never_ends_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter_file, "_PATIENCE_S", 0.1)
    with CounterFile(tmp_path) as first:
        first.attach(0, NOON_US)
        assert first.lock()
        with pytest.raises(OSError, match="has not finished"):
            MappedCounters(tmp_path, 1)
        first.unlock()
        with MappedCounters(tmp_path, 1) as other:
            assert other.take([YEAR], 1) is None


_IN_ITS_TURN = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from torana.storage.counter_file import CounterFile

file = CounterFile(Path(sys.argv[1]))
file.lock()
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
file.unlock()
"""


def test_a_worker_that_is_stopped_while_it_has_the_lock_stops_nobody_else(tmp_path: Path) -> None:
    with CounterFile(tmp_path) as other:
        holder = started(_IN_ITS_TURN, str(tmp_path), "60")
        holder.send_signal(signal.SIGSTOP)
        for _ in range(20):
            assert other.lock()
            other.unlock()
    holder.kill()
    holder.communicate()


def test_a_worker_that_is_only_slow_is_waited_for(tmp_path: Path) -> None:
    """Else what is counted meanwhile would be lost when it goes on, and a limit of money overspent."""
    with CounterFile(tmp_path) as other:
        holder = started(_IN_ITS_TURN, str(tmp_path), "0.4")
        began = time.monotonic()
        assert other.lock()
        assert time.monotonic() - began > 0.3
        other.unlock()
    holder.communicate()


async def test_where_the_lock_is_not_to_be_had_nothing_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter_file, "_PATIENCE_S", 0.1)
    with MappedCounters(tmp_path, 0) as counters, MappedCounters(tmp_path, 1), CounterFile(tmp_path) as slow:
        assert counters.hold([YEAR], 5) is None
        slow.lock()
        with pytest.raises(Uncounted):
            counters.take([YEAR], 1)
        with pytest.raises(Uncounted):
            counters.hold([YEAR], 1)
        counters.settle([YEAR], 5, 2)
        [[standing]] = counters.standings([YEAR.rule])
        assert (standing.used, standing.held) == (2, 0)


async def test_another_layout_is_replaced_and_a_draft_of_a_dead_process_removed(tmp_path: Path) -> None:
    (tmp_path / "slots").write_bytes(b"something else")
    (tmp_path / ".slots.x").write_bytes(b"half")
    with MappedCounters(tmp_path, 0, slots=64) as counters:
        assert counters.take([YEAR], 100) is None
    assert names(tmp_path, ".slots.*") == []
    with MappedCounters(tmp_path, 0, slots=64) as counters:
        assert counters.take([YEAR], 1) is not None


async def test_counters_are_bounded_and_those_of_past_windows_make_room(tmp_path: Path) -> None:
    clock = Clock()
    with MappedCounters(tmp_path, 0, clock, slots=64) as counters:
        many = [fixed(5, value=str(n)) for n in range(64)]
        for each in many:
            assert counters.take([each], 1) is None
        counters.hold([many[0]], 1)
        with pytest.raises(Uncounted):
            counters.take([fixed(5, value="one more")], 1)
        clock.wait(60)
        for n in range(63):
            assert counters.take([fixed(5, value=f"new {n}")], 5) is None
        with pytest.raises(Uncounted):
            counters.take([fixed(5, value="one more")], 1)
        assert counters.hold([many[0]], 5) == Refused(0, 0, 1, 1), "what is held is never given away"


@pytest.mark.parametrize("counter", [fixed(2), sliding(2)], ids=["fixed", "sliding"])
async def test_a_clock_that_is_set_back_frees_nothing_unless_it_was_far_ahead(tmp_path: Path, counter: Counter) -> None:
    clock = Clock()
    with MappedCounters(tmp_path, 0, clock, slots=64) as counters:
        assert counters.take([counter], 2) is None
        clock.wait(-1)
        assert counters.take([counter], 1) is not None
        clock.wait(-86_400)
        assert counters.take([counter], 2) is None
        assert counters.take([counter], 1) is not None


_STEPS = st.lists(st.tuples(st.integers(0, 40_000_000), st.integers(1, 4)), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(_STEPS)
def test_no_stretch_of_a_windows_length_holds_more_than_a_sliding_limit(steps: list[tuple[int, int]]) -> None:
    """And whoever is refused would have been within the exact limit only in the last step of the window."""
    asyncio.run(_slide(steps))


async def _slide(steps: list[tuple[int, int]]) -> None:
    taken: list[tuple[int, int]] = []
    clock, counter = Clock(), sliding(6)
    with (
        tempfile.TemporaryDirectory() as folder,
        MappedCounters(Path(folder), 0, clock, slots=64) as counters,
    ):
        for pause_us, amount in steps:
            clock.now_us += pause_us
            is_taken = counters.take([counter], amount) is None
            exact = sum(n for at, n in taken if at > clock.now_us - 60_000_000)
            longer = sum(n for at, n in taken if at > clock.now_us - 61_000_000)
            if is_taken:
                taken.append((clock.now_us, amount))
                assert exact + amount <= 6
            else:
                assert longer + amount > 6


def test_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    with MappedCounters(tmp_path / "counters", 0, slots=64):
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "counters").iterdir()}
    assert modes == {"lock": 0o600, "slots": 0o600, "held.0": 0o600}
    assert (tmp_path / "counters").stat().st_mode & 0o777 == 0o700
