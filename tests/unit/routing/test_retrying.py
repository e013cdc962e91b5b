"""When is one target asked again, after how long, and with how much time?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.exchange import Backoff, Retries, Target
from torana.providers import table
from torana.routing import Outcome, Try
from torana.routing.retrying import LONGEST_WAIT_S, Retrying

TARGET: Target = table({})[b"openai"].locate(b"chat/completions", [])


def play(route: Retrying, *outcomes: Outcome) -> list[Try[Target]]:
    """The tries that come of the outcomes, the first one left out."""
    route.first()
    return [question for outcome in outcomes if (question := route.after(outcome)) is not None]


def waits(retries: Retries, *outcomes: Outcome) -> list[float]:
    return [question.wait_s for question in play(Retrying(TARGET, retries), *outcomes)]


@pytest.mark.parametrize("status", [0, 408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_again(status: int) -> None:
    assert waits(Retries(2, 100), Outcome(status)) == [0.1]


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 402, 403, 404, 413, 422, 424])
def test_what_would_fail_again_or_did_not_fail_is_the_answer(status: int) -> None:
    assert waits(Retries(5, 100), Outcome(status)) == []


def test_a_server_that_says_not_to_retry_is_not_tried_again() -> None:
    assert waits(Retries(5, 100), Outcome(500, [(b"x-should-retry", b"false")])) == []


@pytest.mark.parametrize("most", [1, 2, 5])
def test_there_are_never_more_attempts_than_allowed(most: int) -> None:
    assert len(waits(Retries(most, 0), *[Outcome(500)] * 9)) == most - 1


def test_what_can_be_sent_but_once_is_sent_but_once() -> None:
    assert play(Retrying(TARGET, Retries(5, 0), may_repeat=False), Outcome(500)) == []


@pytest.mark.parametrize(
    ("backoff", "waited"),
    [
        ("constant", [1.0, 1.0, 1.0, 1.0]),
        ("linear", [1.0, 2.0, 3.0, 4.0]),
        ("exponential", [1.0, 2.0, 4.0, 8.0]),
    ],
)
def test_waits_grow_as_was_asked_for(backoff: Backoff, waited: list[float]) -> None:
    assert waits(Retries(5, 1000, backoff), *[Outcome(503)] * 4) == waited


@given(
    delay_ms=st.integers(0, 60_000),
    backoff=st.sampled_from(["constant", "linear", "exponential"]),
    dice=st.floats(0, 1, exclude_max=True),
)
def test_a_wait_is_never_shorter_than_asked_for_nor_more_than_a_quarter_longer(
    delay_ms: int, backoff: Backoff, dice: float
) -> None:
    found = waits(Retries(5, delay_ms, backoff), *[Outcome(429, [], 0.0, dice)] * 4)
    plain = waits(Retries(5, delay_ms, backoff), *[Outcome(429)] * 4)
    for wait_s, least_s in zip(found, plain, strict=True):
        assert least_s <= wait_s <= least_s * 1.25
        assert least_s <= LONGEST_WAIT_S


@pytest.mark.parametrize(
    ("said", "waited"),
    [
        (b"3", [3.0]),
        (b"0", [0.5]),
        (b"60", [60.0]),
        (b"61", []),
        (b"Thu, 01 Jan 1970 00:00:20 GMT", [10.0]),
        (b"Thu, 01 Jan 1970 01:00:00 GMT", []),
        (b"soon", [0.5]),
    ],
)
def test_an_upstream_that_wants_time_gets_it_or_is_left_alone(said: bytes, waited: list[float]) -> None:
    assert waits(Retries(2, 500), Outcome(429, [(b"retry-after", said)], 10.0)) == waited


@pytest.mark.parametrize(
    ("retries", "timeouts"),
    [
        (Retries(1), [None]),
        (Retries(1, timeout_ms=200), [0.2]),
        (Retries(3, 0, timeout_ms=200), [0.2, 0.2, None]),
        (Retries(3, 0, timeout_ms=200, has_alternative=True), [0.2, 0.2, 0.2]),
    ],
)
def test_the_last_of_several_attempts_has_all_the_time_unless_somebody_else_can_be_asked(
    retries: Retries, timeouts: list[float | None]
) -> None:
    route = Retrying(TARGET, retries)
    assert [route.first().timeout_s, *(q.timeout_s for q in play(route, *[Outcome()] * 4))] == timeouts


def test_a_body_that_is_sent_but_once_keeps_its_timeout() -> None:
    assert Retrying(TARGET, Retries(3, timeout_ms=200), may_repeat=False).first().timeout_s == 0.2


def test_every_try_is_of_the_same_target() -> None:
    route = Retrying(TARGET, Retries(2, 0))
    assert route.first().target is TARGET
    following = route.after(Outcome(500))
    assert following is not None
    assert following.target is TARGET
