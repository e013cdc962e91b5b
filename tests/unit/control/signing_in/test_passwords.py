"""A password is kept as what nobody can read, and checked in the same time whoever is asked for."""

from __future__ import annotations

import threading

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError

from torana.control.refusals import InvalidInput, TooManyTries
from torana.control.signing_in import passwords as module
from torana.control.signing_in.passwords import Passwords, Verdict

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(QUICK)


def test_the_right_password_is_right_and_no_other_is(passwords: Passwords) -> None:
    kept = passwords.hash("correct horse")
    assert "correct" not in kept
    assert kept.startswith("$argon2id$")
    assert kept != passwords.hash("correct horse")
    assert passwords.verify(kept, "correct horse") == Verdict(is_right=True)
    for other in ("Correct horse", "correct horse ", "", "correct horse" * 200):
        assert not passwords.verify(kept, other).is_right


def test_an_accent_is_the_same_however_it_was_typed(passwords: Passwords) -> None:
    assert passwords.verify(passwords.hash("caf\u00e9 au lait"), "cafe\u0301 au lait").is_right


@pytest.mark.parametrize("text", ["", "elevenchars", "x" * 1025])
def test_a_password_has_twelve_characters_at_least_and_not_a_thousand(passwords: Passwords, text: str) -> None:
    with pytest.raises(InvalidInput, match="12 to 1024"):
        passwords.hash(text)


def test_what_was_made_with_former_parameters_is_made_anew(passwords: Passwords) -> None:
    former = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)).hash("correct horse")
    verdict = passwords.verify(former, "correct horse")
    assert verdict.is_right
    assert verdict.fresh is not None
    assert passwords.verify(verdict.fresh, "correct horse") == Verdict(is_right=True)
    assert passwords.verify(former, "wrong horse") == Verdict(is_right=False)


def test_a_short_password_of_former_times_stays_good(passwords: Passwords) -> None:
    hasher = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    verdict = passwords.verify(hasher.hash("eight888"), "eight888")
    assert verdict.is_right
    assert verdict.fresh is not None
    assert passwords.verify(verdict.fresh, "eight888") == Verdict(is_right=True)


def test_a_name_that_nobody_has_costs_what_another_does() -> None:
    today = PasswordHasher()
    assert not today.check_needs_rehash(module._NOBODYS)
    with pytest.raises(InvalidHashError):
        today.verify("not a hash", "x")
    seen: list[str] = []

    class Noting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002  # as the library has it
            seen.append(str(hash))
            return True

    assert not Passwords(Noting()).verify(None, "anything").is_right
    assert seen == [module._NOBODYS]


def test_few_are_checked_at_once_and_few_wait() -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()

    class Slow(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002  # the same
            begun.release()
            return go_on.wait(10)

    passwords = Passwords(Slow())
    threads = [threading.Thread(target=passwords.verify, args=(None, "x")) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert begun.acquire(timeout=10)
    assert begun.acquire(timeout=10)
    while passwords._room.acquire(blocking=False):
        passwords._room.release()
    assert not begun.acquire(blocking=False), "a third began"
    with pytest.raises(TooManyTries) as caught:
        passwords.verify(None, "x")
    assert caught.value.retry_after_s == 1
    go_on.set()
    for thread in threads:
        thread.join(10)
