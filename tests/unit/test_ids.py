"""Ids sort by time."""

from __future__ import annotations

import time
import uuid

import pytest

from torana.ids import _Maker, uuid7


def test_an_id_is_a_uuid_of_version_7_and_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid.UUID(uuid7())
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert before <= made.int >> 80 <= after


def test_ids_made_later_sort_later_also_within_a_millisecond() -> None:
    made = []
    for _ in range(200):
        made.append(uuid7())
        until = time.perf_counter_ns() + 1_000
        while time.perf_counter_ns() < until:
            pass
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_are_unique_and_sorted_however_many_a_millisecond_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_000 * 1_000_000)
    make = _Maker().make
    made = [make() for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {uuid.UUID(each).version for each in made} == {7}


@pytest.mark.parametrize("back_ms", [1, 9_000, 60_000, 10**9])
def test_a_clock_that_is_set_back_repeats_no_id(monkeypatch: pytest.MonkeyPatch, back_ms: int) -> None:
    now_ms = 1_800_000_000_000
    moments = [now_ms, now_ms + 1, now_ms + 1 - back_ms, now_ms + 2 - back_ms, now_ms, now_ms + 1]
    clock = iter([ms * 1_000_000 for ms in moments for _ in range(3)])
    monkeypatch.setattr(time, "time_ns", lambda: next(clock))
    make = _Maker().make
    made = [make() for _ in range(3 * len(moments))]
    assert len(set(made)) == len(made)
