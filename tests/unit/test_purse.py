"""What a key may spend: limits of many kinds, calls at the same time, and what is said to who cannot pay."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from torana.catalog.prices import Prices
from torana.errors import BudgetExceeded, InsufficientCredits, KeyLimitExceeded, Overloaded, PaymentError
from torana.keys import RouterKey
from torana.periods import TOTAL, period
from torana.purse import NANO, Budget, Held, Purse, Wanted, bounds, budgets_of, counter_of
from torana.storage.books import Books
from torana.storage.counters import Uncounted
from torana.storage.mapped_counters import MappedCounters
from unit.storage.test_counters import Clock

NOW_MS = 1_795_435_200_000  # 2026-11-23T12:00:00Z, a Monday
DAY_MS = 86_400_000
KEY = RouterKey(hash="a" * 64, account_id="b" * 32, gateway_id="default")


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.now_us = NOW_MS * 1000
    return clock


@pytest.fixture
def books(tmp_path: Path, clock: Clock) -> Iterator[Books]:
    opened = Books(lambda: MappedCounters(tmp_path, 0, clock, slots=256), lambda: Prices(None))
    yield opened
    opened.close()


@pytest.fixture
def purse(books: Books) -> Purse:
    return Purse(books)


def used(books: Books, key: RouterKey, now_ms: int = NOW_MS) -> dict[str, tuple[int, int]]:
    """By kind: what was used, and what is held."""
    found: dict[str, tuple[int, int]] = {}
    for bound in bounds(key, now_ms):
        standings = books.counters.standings([bound.counter.rule])[0]
        found[bound.kind] = next(
            ((one.used, one.held) for one in standings if one.label == bound.counter.label), (0, 0)
        )
    return found


def test_a_key_without_limits_counts_nothing(tmp_path: Path) -> None:
    def refuse() -> MappedCounters:
        raise AssertionError("nobody asked for counters")

    purse = Purse(Books(refuse, lambda: Prices(None)))
    held = purse.hold(KEY, 5, is_byok=False, now_ms=NOW_MS)
    purse.settle(held, 3)
    assert held.bounds == ()


def test_what_is_settled_is_the_cost(purse: Purse, books: Books) -> None:
    key = replace(KEY, credits_nano=100, limit_nano=50)
    held = purse.hold(key, 30, is_byok=False, now_ms=NOW_MS)
    assert used(books, key) == {"credits": (0, 30), "key": (0, 30)}
    purse.settle(held, 12)
    assert used(books, key) == {"credits": (12, 0), "key": (12, 0)}


def test_an_account_that_has_used_its_credits_is_told_so(purse: Purse) -> None:
    key = replace(KEY, credits_nano=100)
    purse.settle(purse.hold(key, 100, is_byok=False, now_ms=NOW_MS), 100)
    with pytest.raises(InsufficientCredits) as caught:
        purse.hold(key, 1, is_byok=False, now_ms=NOW_MS)
    assert (caught.value.status, caught.value.retry_after_s) == (402, 0)
    assert caught.value.message.startswith("Insufficient credits.")
    assert caught.value.metadata["limit_source"] == "openrouter_credits"
    assert isinstance(caught.value.metadata["remedy_hint"], str)
    assert "reason" not in caught.value.metadata


def test_more_credits_open_it_again_with_what_was_used_kept(purse: Purse, books: Books) -> None:
    key = replace(KEY, credits_nano=100)
    purse.settle(purse.hold(key, 100, is_byok=False, now_ms=NOW_MS), 130)  # it cost more than was thought
    with pytest.raises(InsufficientCredits):
        purse.hold(key, 0, is_byok=False, now_ms=NOW_MS)  # below nothing, what is free is refused too
    richer = replace(key, credits_nano=200)
    purse.hold(richer, 70, is_byok=False, now_ms=NOW_MS)
    assert used(books, richer) == {"credits": (130, 70)}


def test_who_asks_for_too_much_is_told_how_much_there_is(purse: Purse) -> None:
    key = replace(KEY, credits_nano=1_000)
    with pytest.raises(InsufficientCredits) as caught:
        purse.hold(key, 4_100, is_byok=False, now_ms=NOW_MS, wanted=Wanted(tokens=400, prompt_nano=100))
    assert caught.value.message.startswith(
        "This request requires more credits, or fewer max_tokens. "
        "You requested up to 400 tokens, but can only afford 90. To increase, "
    )
    assert caught.value.metadata["reason"] == "weight_exceeds_budget"
    purse.hold(key, 100 + 90 * 10, is_byok=False, now_ms=NOW_MS)


@pytest.mark.parametrize("wanted", [None, Wanted(0), Wanted(5, prompt_nano=NANO)])
def test_without_tokens_it_is_said_in_money(purse: Purse, wanted: Wanted | None) -> None:
    key = replace(KEY, credits_nano=1_500_000)
    with pytest.raises(InsufficientCredits, match=r"may cost 1 USD, but you can only afford 0.0015 USD"):
        purse.hold(key, NANO, is_byok=False, now_ms=NOW_MS, wanted=wanted)


def test_what_is_held_for_others_is_worth_waiting_for(purse: Purse) -> None:
    key = replace(KEY, credits_nano=100, limit_nano=100)
    held = purse.hold(key, 80, is_byok=False, now_ms=NOW_MS)
    with pytest.raises(InsufficientCredits) as caught:
        purse.hold(key, 80, is_byok=False, now_ms=NOW_MS)
    assert caught.value.retry_after_s >= 1
    assert caught.value.metadata["reason"] == "in_flight_budget_exhausted"
    assert caught.value.metadata["limit_source"] == "openrouter_in_flight_budget"
    purse.settle(held, 20)
    purse.hold(key, 80, is_byok=False, now_ms=NOW_MS)


@pytest.mark.parametrize(
    ("reset", "window", "days"),
    [(None, "total", 400), ("daily", "daily", 1), ("weekly", "weekly", 7), ("monthly", "monthly", 8)],
)
def test_a_limit_of_a_key_begins_anew_with_its_period(
    purse: Purse, clock: Clock, reset: object, window: str, days: int
) -> None:
    key = replace(KEY, limit_nano=100, limit_reset=reset)
    purse.settle(purse.hold(key, 100, is_byok=False, now_ms=NOW_MS), 100)
    with pytest.raises(KeyLimitExceeded) as caught:
        purse.hold(key, 1, is_byok=False, now_ms=NOW_MS + DAY_MS // 2 - 1)
    assert caught.value.status == 403
    assert caught.value.message.startswith(f"Key limit exceeded ({window} limit). Manage it using ")
    assert caught.value.metadata["limit_source"] == "openrouter_key_limit"
    later_ms = NOW_MS + days * DAY_MS
    clock.now_us = later_ms * 1000
    if reset is None:
        with pytest.raises(KeyLimitExceeded):
            purse.hold(key, 1, is_byok=False, now_ms=later_ms)
    else:
        purse.hold(key, 100, is_byok=False, now_ms=later_ms)


def test_what_callers_own_keys_cost_is_none_of_the_accounts_business(purse: Purse, books: Books) -> None:
    key = replace(KEY, credits_nano=10, limit_nano=10)
    held = purse.hold(key, 500, is_byok=True, now_ms=NOW_MS)
    purse.settle(held, 0, byok_nano=480)
    assert used(books, key) == {"credits": (0, 0), "key": (0, 0)}
    strict = replace(key, include_byok=True)
    with pytest.raises(InsufficientCredits, match="higher total limit"):
        purse.hold(strict, 500, is_byok=True, now_ms=NOW_MS)
    purse.settle(purse.hold(strict, 10, is_byok=True, now_ms=NOW_MS), 0, byok_nano=9)
    assert used(books, strict) == {"credits": (0, 0), "key": (9, 0)}


def test_what_was_paid_with_credits_in_the_end_counts_though_it_was_not_held(purse: Purse, books: Books) -> None:
    key = replace(KEY, credits_nano=100, limit_nano=100)
    purse.settle(purse.hold(key, 50, is_byok=True, now_ms=NOW_MS), 7)
    assert used(books, key) == {"credits": (7, 0), "key": (7, 0)}


def test_budgets_are_of_each_key_by_itself(purse: Purse) -> None:
    budget = Budget("g", 100, "daily")
    purse.settle(purse.hold(KEY, 100, is_byok=False, now_ms=NOW_MS, budgets=[budget]), 100)
    with pytest.raises(BudgetExceeded) as caught:
        purse.hold(KEY, 1, is_byok=False, now_ms=NOW_MS, budgets=[budget])
    assert caught.value.status == 403
    assert caught.value.metadata == {
        "limit_source": "openrouter_guardrail_budget",
        "remedy_hint": caught.value.metadata["remedy_hint"],
        "scope": "api_key",
        "limit_usd": 1e-7,
        "spend_usd": 1e-7,
        "resets_at": "2026-11-24T00:00:00Z",
    }
    purse.hold(replace(KEY, hash="c" * 64), 100, is_byok=False, now_ms=NOW_MS, budgets=[budget])


def test_one_that_refuses_leaves_the_others_as_they_were(purse: Purse, books: Books) -> None:
    key = replace(KEY, credits_nano=10, limit_nano=100)
    with pytest.raises(InsufficientCredits):
        purse.hold(key, 50, is_byok=False, now_ms=NOW_MS, budgets=[Budget("g", 60)])
    assert used(books, key) == {"credits": (0, 0), "key": (0, 0)}
    purse.hold(replace(key, credits_nano=None), 60, is_byok=False, now_ms=NOW_MS, budgets=[Budget("g", 60)])


def test_budgets_are_those_of_the_workspace_and_of_the_keys_own_guardrails() -> None:
    key = replace(KEY, guardrails=("one", "gone", "none"))
    guardrails: dict[str, dict[str, object]] = {
        "one": {"id": "one", "limit_nano": 5, "reset_interval": "weekly", "include_byok_in_budgets": True},
        "default": {"id": "default", "limit_nano": 3 * NANO, "reset_interval": "daily", "is_default": True},
        "none": {"id": "none"},
        "other": {"id": "other", "limit_nano": 1, "reset_interval": "daily"},
    }
    assert budgets_of(key.guardrails, guardrails) == (
        Budget("default", 3 * NANO, "daily"),
        Budget("one", 5, "weekly", include_byok=True),
    )


def test_where_nothing_can_be_counted_nobody_with_a_limit_is_served() -> None:
    def refuse() -> MappedCounters:
        raise PermissionError(13, "Permission denied", "counters")

    purse = Purse(Books(refuse, lambda: Prices(None)))
    with pytest.raises(Overloaded, match="cannot be counted"):
        purse.hold(replace(KEY, limit_nano=1), 1, is_byok=False, now_ms=NOW_MS)


def test_settling_never_raises(tmp_path: Path, clock: Clock) -> None:
    books = Books(lambda: MappedCounters(tmp_path, 0, clock, slots=1), lambda: Prices(None))
    purse = Purse(books)
    held = purse.hold(replace(KEY, limit_nano=9, include_byok=True, credits_nano=9), 1, is_byok=True, now_ms=NOW_MS)
    with pytest.raises(Uncounted):
        books.counters.hold([counter_of("credits", TOTAL, KEY.account_id)], 1)
    purse.settle(held, 5)
    assert used(books, replace(KEY, limit_nano=9)) == {"key": (5, 0)}
    books.close()


def test_a_counter_of_a_month_is_not_that_of_another() -> None:
    first, second = (period("monthly", NOW_MS + days * DAY_MS) for days in (0, 8))
    assert counter_of("key", first, "x").key != counter_of("key", second, "x").key


def test_two_hundred_calls_at_once_never_spend_more_than_the_limit(tmp_path: Path) -> None:
    """From four workers, each with counters of its own over the same file."""
    key = replace(KEY, limit_nano=1_000, credits_nano=100_000)
    workers = [Books(partial(MappedCounters, tmp_path, n, slots=256), lambda: Prices(None)) for n in range(4)]
    for books in workers:
        books.counters.look()

    def call(number: int) -> int:
        purse = Purse(workers[number % 4])
        try:
            held = purse.hold(key, 37, is_byok=False, now_ms=NOW_MS)
        except PaymentError:
            return 0
        cost = 37 - number % 20
        purse.settle(held, cost)
        return cost

    # Each worker is one thread, as its loop is.
    with ThreadPoolExecutor(4) as threads:
        spent = sum(sum(part) for part in threads.map(lambda n: [call(each) for each in range(n, 200, 4)], range(4)))
    assert 900 < spent <= 1_000
    assert used(workers[0], key, NOW_MS)["key"] == (spent, 0)
    for books in workers:
        books.close()


_CALLS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.booleans(), st.booleans()), max_size=30)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_CALLS, st.integers(0, 200), st.integers(0, 200), st.integers(0, 1))
def test_what_was_used_is_the_sum_of_what_was_settled(
    tmp_path_factory: pytest.TempPathFactory,
    calls: list[tuple[int, int, bool, bool]],
    limit: int,
    granted: int,
    include: int,
) -> None:
    key = replace(KEY, limit_nano=limit, credits_nano=granted, include_byok=bool(include))
    books = Books(lambda: MappedCounters(tmp_path_factory.mktemp("c"), 0, slots=64), lambda: Prices(None))
    purse = Purse(books)
    open_: list[tuple[Held, int]] = []
    cost = byok = 0
    for nano, spent, is_byok, ends in calls:
        try:
            held = purse.hold(key, nano, is_byok=is_byok, now_ms=NOW_MS)
        except PaymentError:
            continue
        if not ends:
            open_.append((held, min(spent, nano)))
            continue
        paid = min(spent, nano)
        purse.settle(held, *((0, paid) if is_byok else (paid, 0)))
        cost, byok = cost + paid * (not is_byok), byok + paid * is_byok
    held_shared = sum(held.nano for held, _ in open_ if not held.is_byok)
    held_all = sum(held.nano for held, _ in open_)
    found = used(books, key) if calls else {"credits": (0, 0), "key": (0, 0)}
    assert found["credits"] == (cost, held_shared)
    assert found["key"] == (cost + byok * include, held_all if include else held_shared)
    assert cost <= granted
    assert cost + byok * include <= limit
    books.close()
