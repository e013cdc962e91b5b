"""Who guesses is slowed down; who only mistypes, and everybody else, is not."""

from __future__ import annotations

import pytest

from torana.control.signing_in.attempts import A_NAME, A_PEER, Attempts

HERE = "192.0.2.1"


class Watch:
    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def attempts(watch: Watch) -> Attempts:
    return Attempts(watch)


def test_a_name_is_tried_so_often_from_one_address_and_then_after_a_while_again(
    attempts: Attempts, watch: Watch
) -> None:
    for _ in range(A_NAME.count):
        assert attempts.take(HERE, "ada") == 0
        watch.s += 10
    wait_s = attempts.take(HERE, "ada")
    assert 0 < wait_s <= A_NAME.within_s
    watch.s += wait_s
    assert attempts.take(HERE, "ada") == 0
    assert attempts.take(HERE, "ada") > 0


def test_who_guesses_a_name_locks_nobody_out_who_is_elsewhere(attempts: Attempts) -> None:
    while attempts.take(HERE, "ada") == 0:
        pass
    assert attempts.take("192.0.2.2", "ada") == 0
    assert attempts.take(HERE, "grace") == 0


def test_many_names_from_one_address_are_too_many(attempts: Attempts) -> None:
    taken = [attempts.take(HERE, f"user{number}") for number in range(A_PEER.count + 1)]
    assert [wait > 0 for wait in taken] == [False] * A_PEER.count + [True]
    assert attempts.take(HERE) > 0
    assert attempts.take("192.0.2.2", "user1") == 0


def test_who_signs_in_starts_anew_and_does_not_count_against_the_address(attempts: Attempts) -> None:
    for number in range(A_PEER.count * 2):
        assert attempts.take(HERE, "ada") == 0, number
        attempts.succeeded(HERE, "ada")
    assert attempts.take(HERE) == 0
    attempts.succeeded(HERE)


def test_a_right_password_does_not_wipe_out_the_guesses_at_other_names(attempts: Attempts) -> None:
    for number in range(A_PEER.count - 1):
        attempts.take(HERE, f"user{number}")
    attempts.take(HERE, "ada")
    attempts.succeeded(HERE, "ada")
    assert attempts.take(HERE, "grace") == 0
    assert attempts.take(HERE, "hopper") > 0


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "", True),
        ("a socket", "another", False),
    ],
)
def test_an_address_is_the_network_that_one_customer_has(
    attempts: Attempts, one: str, other: str, *, is_same: bool
) -> None:
    while attempts.take(one, "ada") == 0:
        pass
    assert (attempts.take(other, "ada") > 0) is is_same


def test_what_is_known_has_a_bound(attempts: Attempts, watch: Watch) -> None:
    for number in range(30_000):
        attempts.take(f"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}")
    assert len(attempts._known) <= 10_001
    watch.s += 10_000
    attempts.take(HERE, "ada")
    assert len(attempts._known) == 2
