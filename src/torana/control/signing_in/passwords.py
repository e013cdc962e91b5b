"""Passwords: kept as Argon2id hashes, compared slowly and a few at a time."""

from __future__ import annotations

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from msgspec import Struct

from torana.control.refusals import InvalidInput, TooManyTries

SHORTEST, LONGEST = 12, 1024
"""In characters of any kind. Rules about which ones make passwords worse, as NIST SP 800-63B says."""
_AT_ONCE = 2
"""Each takes 64 MiB and some 50 ms of the cores that others want."""
_MOST_WAITING = 8
# The hash of a password that was drawn by lot and thrown away: a name that nobody has takes as long as one of a user.
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$ZGiCb9srq/FV3eVtv7toUw$0E40z5fQOYR5lmIKXpAScnZU1ssPxRgnyeRD6nr0DcM"


class Verdict(Struct, frozen=True):
    is_right: bool
    fresh: str | None = None
    """The hash to keep from now on, where the kept one was made with other parameters than today's."""


class Passwords:
    """The library's parameters are the second recommendation of RFC 9106. Its methods wait: call them in a thread."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.Semaphore(_AT_ONCE)
        self._room = threading.Semaphore(_MOST_WAITING)

    def hash(self, text: str) -> str:
        """InvalidInput where it is too short, or too long."""
        plain = _plain(text)
        if not SHORTEST <= len(plain) <= LONGEST:
            raise InvalidInput(f"a password has {SHORTEST} to {LONGEST} characters", "body", "password")
        return self._hash(plain)

    def verify(self, kept: str | None, text: str) -> Verdict:
        """`kept` None = there is no such user, or none with a password. TooManyTries where too many wait for it."""
        # Who waits holds a thread of the control plane, and others need those.
        if not self._room.acquire(blocking=False):
            raise TooManyTries("too many people sign in at this moment; try again", 1)
        try:
            with self._turns:
                is_right = self._is_right(kept or _NOBODYS, _plain(text)[: LONGEST + 1]) and kept is not None
        finally:
            self._room.release()
        if is_right and kept is not None and self._hasher.check_needs_rehash(kept):
            # It may be from a time when fewer characters were enough.
            return Verdict(is_right, self._hash(_plain(text)))
        return Verdict(is_right)

    def _hash(self, plain: str) -> str:
        with self._turns:
            return self._hasher.hash(plain)

    def _is_right(self, kept: str, plain: str) -> bool:
        try:
            return self._hasher.verify(kept, plain)
        except (VerificationError, InvalidHashError):
            return False


def _plain(text: str) -> str:
    """The same however a keyboard puts an accent (RFC 8265 4.2.2)."""
    return unicodedata.normalize("NFC", text)
