"""One target, asked again while it fails in a way that may pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.routing import Outcome, Route, Try
from torana.routing.retry_after import read_retry_after

if TYPE_CHECKING:
    from torana.exchange import Retries, Target

LONGEST_WAIT_S = 60.0
"""An upstream that wants more time than this is not waited for: its answer is the caller's."""
_JITTER = 0.25
# What providers and their SDKs call worth another try; every other 4xx would fail again.
_PASSING = frozenset({408, 409, 425, 429})
_SERVER_ERROR = 500


class Retrying(Route["Target"]):
    """Waits are as long as was asked for, and up to a quarter longer, so that callers who failed together part."""

    __slots__ = ("_made", "_most", "_retries", "_target")

    def __init__(self, target: Target, retries: Retries, *, may_repeat: bool = True) -> None:
        """`may_repeat` is false where the request's body can be sent but once."""
        self._target = target
        self._retries = retries
        self._most = retries.max_attempts if may_repeat else 1
        self._made = 1

    def first(self) -> Try[Target]:
        return Try(self._target, 0.0, self._timeout_s())

    def after(self, outcome: Outcome) -> Try[Target] | None:
        if self._made >= self._most or not is_passing(outcome):
            return None
        asked_s = read_retry_after(outcome.headers, outcome.now_s)
        if asked_s is not None and asked_s > LONGEST_WAIT_S:
            return None
        delay_s = self._delay_s()
        self._made += 1
        return Try(self._target, max(delay_s, asked_s or 0.0) + delay_s * _JITTER * outcome.dice, self._timeout_s())

    def _delay_s(self) -> float:
        """After so many attempts."""
        times = 1
        match self._retries.backoff:
            case "linear":
                times = self._made
            case "exponential":
                times = 1 << (self._made - 1)
        return min(self._retries.delay_ms * times / 1000, LONGEST_WAIT_S)

    def _timeout_s(self) -> float | None:
        """The last of several attempts has all the time there is, unless somebody else can be asked after it."""
        timeout_ms = self._retries.timeout_ms
        is_last_hope = self._made == self._most > 1 and not self._retries.has_alternative
        return None if timeout_ms is None or is_last_hope else timeout_ms / 1000


def is_passing(outcome: Outcome) -> bool:
    """Whether another try may go better."""
    status = outcome.status
    if status and status < _SERVER_ERROR and status not in _PASSING:
        return False
    # The word of OpenAI's and Anthropic's servers, which their own SDKs keep to.
    return (b"x-should-retry", b"false") not in outcome.headers
