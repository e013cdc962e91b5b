"""How have endpoints done lately, as far as this worker has seen?

* **Outage** (4.1 A): at least two failures within the last 30 s that are at least a fifth of what was tried there.
  One failure alone is an accident, and a fifth is where the provider guide's band of "fallback only" begins (4.3).
* **Uptime** (4.3): of the last 30 minutes and from 100 tries on. Below 95 % an endpoint comes after those above it,
  below 80 % it is a fallback only.
* **Breaker**: five failures in a row, and it is asked last of all for 30 s. Then one request may try it: if that goes
  well it is as before, if not it waits twice as long, up to 5 minutes.
* **429**: it comes after the others for as long as `Retry-After` says, else for 1, 2, 4 … 60 s. It is no failure.
* **Speed** (4.4): percentiles of the last 5 minutes.

A failure (4.1 B) is an answer that broke off, no answer, a 5xx, or one of `FAILING`; what the caller did wrong is not
the endpoint's. Nothing here keeps an endpoint from being asked when there is no other.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import astuple

from torana.routing.market.windows import CALLED, FAILED, LIMITED, SERVED, SOUND, Counted, Percentiles, Speeds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torana.routing.market.wishes import Wishes

FAILING = frozenset({401, 402, 404, 405, 408, 410, 421, 423, 424, 426, 498})
STABLE, LESSER, UNSTABLE, BROKEN = range(4)
"""Ranks, as `Health.rank` has them."""

OUTAGE_S = 30
_OUTAGE_FAILURES = 2
_OUTAGE_SHARE = 0.2
_UPTIME_MINUTES = 30
_UPTIME_TRIES = 100
_LESSER_UPTIME, _LEAST_UPTIME = 0.95, 0.8
_HARMLESS = 5
"""Failures that no uptime is below 95 % by, as it is counted from a hundred tries on."""
_CALLS_MINUTES = 120
_IN_A_ROW = 5
_OPEN_S, _LONGEST_OPEN_S = 30.0, 300.0
_TRIAL_S = 60.0
"""A trial of which nothing is heard for so long is given up, and another may begin."""
_BACK_OFF_S, _LONGEST_BACK_OFF_S, _LONGEST_RETRY_AFTER_S = 1.0, 60.0, 600.0
_SPEED_S = 300
_FRESH_S = 1.0
_MOST = 8192
_MULTIPLE, _TOO_MANY, _SERVER_ERROR = 300, 429, 500


class Seen(Struct, frozen=True, gc=False):
    """How one try went."""

    status: int = 0
    """0 = no answer."""
    is_cut: bool = False
    """It broke off on the way."""
    latency_s: float | None = None
    """To the first token."""
    tokens_per_s: float | None = None
    """Tokens of the answer by all the time that it took, from the call on."""
    retry_after_s: float | None = None
    has_sound_calls: bool | None = None
    """It called tools, and all calls were such as can be run; None = it called none."""


def is_failing(status: int) -> bool:
    """Whether it is the provider that failed."""
    return status == 0 or status >= _SERVER_ERROR or status in FAILING


class Record(Struct, frozen=True, gc=False):
    """What was counted in the last 30 minutes; of calls of tools, in the last two hours."""

    served: int = 0
    failed: int = 0
    limited: int = 0
    called: int = 0
    """Answers that called tools."""
    sound: int = 0
    """Of these, those whose calls could be run."""

    @property
    def tried(self) -> int:
        """429s are left out, as they are of the uptime."""
        return self.served + self.failed


_NOTHING = Record()


class _Pulse:
    """One endpoint's."""

    __slots__ = (
        "back_off_s",
        "calls",
        "failures",
        "latency",
        "limited_until_s",
        "minutes",
        "open_s",
        "open_until_s",
        "rank",
        "rank_until_s",
        "recent",
        "seconds",
        "seen_s",
        "slow",
        "slow_until_s",
        "slow_wishes",
        "throughput",
        "trial_until_s",
    )

    def __init__(self) -> None:
        self.seconds = Counted(1, OUTAGE_S)
        self.minutes = Counted(60, _UPTIME_MINUTES)
        self.recent = Counted(10, int(_SPEED_S) // 10)
        self.calls = Counted(600, _CALLS_MINUTES // 10)
        self.latency = Speeds(_SPEED_S, rises=False)
        self.throughput = Speeds(_SPEED_S, rises=True)
        self.failures = 0
        """In a row."""
        self.open_s = 0.0
        """For how long the breaker opened last; 0 = it is shut."""
        self.open_until_s = 0.0
        self.trial_until_s = 0.0
        self.back_off_s = 0.0
        self.limited_until_s = 0.0
        self.seen_s = 0.0
        self.rank = STABLE
        self.rank_until_s = inf
        """Until then `rank` holds; inf = until something goes wrong."""
        self.slow = False
        self.slow_until_s = 0.0
        """Until then `slow` holds."""
        self.slow_wishes: Wishes | None = None
        """By what `slow` was found last: mostly the same, as few callers prefer speeds."""

    def note(self, seen: Seen, now_s: float) -> None:
        self.seen_s = now_s
        if seen.status == _TOO_MANY:
            self._limited(seen.retry_after_s, now_s)
        elif seen.is_cut or is_failing(seen.status):
            self._failed(now_s)
        elif seen.status < _MULTIPLE:
            self._served(seen, now_s)
        else:
            self.trial_until_s = 0.0  # the caller's mistake tells nothing: another may be the trial
            self.rank_until_s = 0.0

    def _served(self, seen: Seen, now_s: float) -> None:
        self.minutes.add(SERVED, now_s)
        self.recent.add(SERVED, now_s)
        self.seconds.add(SERVED, now_s)
        if self.failures or self.back_off_s:
            self.failures, self.open_s, self.open_until_s, self.trial_until_s = 0, 0.0, 0.0, 0.0
            self.back_off_s, self.limited_until_s = 0.0, 0.0
            self.rank_until_s = 0.0
        if seen.has_sound_calls is not None:
            self.calls.add(CALLED, now_s)
            if seen.has_sound_calls:
                self.calls.add(SOUND, now_s)
        self.slow_until_s = 0.0
        if seen.latency_s is not None:
            self.latency.add(seen.latency_s, now_s)
        if seen.tokens_per_s is not None:
            self.throughput.add(seen.tokens_per_s, now_s)

    def _failed(self, now_s: float) -> None:
        self.minutes.add(FAILED, now_s)
        self.recent.add(FAILED, now_s)
        self.seconds.add(FAILED, now_s)
        self.failures += 1
        self.rank_until_s = 0.0
        is_trial = self.open_s > 0.0 and now_s >= self.open_until_s
        if is_trial or (self.open_s == 0.0 and self.failures >= _IN_A_ROW):
            self.open_s = min(self.open_s * 2 or _OPEN_S, _LONGEST_OPEN_S)
            self.open_until_s = now_s + self.open_s
            self.trial_until_s = 0.0

    def _limited(self, retry_after_s: float | None, now_s: float) -> None:
        self.minutes.add(LIMITED, now_s)
        self.recent.add(LIMITED, now_s)
        self.back_off_s = min(self.back_off_s * 2 or _BACK_OFF_S, _LONGEST_BACK_OFF_S)
        wait_s = self.back_off_s if retry_after_s is None else min(retry_after_s, _LONGEST_RETRY_AFTER_S)
        self.limited_until_s = max(self.limited_until_s, now_s + wait_s)
        self.trial_until_s = 0.0
        self.rank_until_s = 0.0

    def weigh(self, now_s: float) -> None:
        """Works out the rank, and until when it holds."""
        shut_s = max(self.open_until_s, self.trial_until_s)
        self.rank_until_s = now_s + _FRESH_S
        if now_s < shut_s:
            self.rank, self.rank_until_s = BROKEN, min(shut_s, self.rank_until_s)
        elif now_s < self.limited_until_s:
            self.rank, self.rank_until_s = UNSTABLE, min(self.limited_until_s, self.rank_until_s)
        else:
            self.minutes.move(now_s)
            self.seconds.move(now_s)
            failed = self.seconds.total[FAILED]
            is_out = failed >= _OUTAGE_FAILURES and failed >= _OUTAGE_SHARE * (failed + self.seconds.total[SERVED])
            self.rank = UNSTABLE if is_out else self._band()
            if failed < _OUTAGE_FAILURES and self.minutes.total[FAILED] <= _HARMLESS:
                self.rank_until_s = inf  # nothing but a failure or a 429 can change it

    def _band(self) -> int:
        served = self.minutes.total[SERVED]
        tried = served + self.minutes.total[FAILED]
        if tried < _UPTIME_TRIES or served >= tried * _LESSER_UPTIME:
            return STABLE
        return UNSTABLE if served < tried * _LEAST_UPTIME else LESSER

    def compare(self, wishes: Wishes, now_s: float) -> bool:
        """Whether it is known to be slower than is preferred, by any percentile that is asked for."""
        least, most = wishes.preferred_min_throughput, wishes.preferred_max_latency
        rates, times = self.throughput.read(now_s), self.latency.read(now_s)
        self.slow = (least is not None and rates is not None and _is_any_more(astuple(least), rates)) or (
            most is not None and times is not None and _is_any_more(times, astuple(most))
        )
        self.slow_wishes, self.slow_until_s = wishes, min(self.throughput.until_s, self.latency.until_s)
        return self.slow

    def record(self, now_s: float) -> Record:
        self.minutes.move(now_s)
        self.calls.move(now_s)
        served, failed, limited = self.minutes.total
        return Record(served, failed, limited, self.calls.total[CALLED], self.calls.total[SOUND])


def _is_any_more(these: Sequence[float | None], those: Sequence[float | None]) -> bool:
    """One by one; None = nothing was asked for."""
    return any(a is not None and b is not None and a > b for a, b in zip(these, those, strict=True))


class Health:
    """One worker's memory of endpoints, by id; of at most 8,192, the least recently used go first."""

    def __init__(self) -> None:
        self._pulses: dict[str, _Pulse] = {}
        self._watched: dict[str, _Pulse] = {}
        """Those that may be anything but stable: most are not here, and cost nothing."""

    def observe(self, endpoint_id: str, seen: Seen, now_s: float) -> None:
        """`now_s` is Unix time, and never goes back by more than a clock's correction."""
        pulse = self._pulses.get(endpoint_id)
        if pulse is None:
            if len(self._pulses) >= _MOST:
                self._forget()
            pulse = self._pulses[endpoint_id] = _Pulse()
        pulse.note(seen, now_s)
        if pulse.rank_until_s != inf:
            self._watched[endpoint_id] = pulse

    def rank(self, endpoint_id: str, now_s: float) -> int:
        """STABLE, LESSER (below 95 %), UNSTABLE (an outage, a 429, below 80 %) or BROKEN (its breaker is open)."""
        return self.ranks((endpoint_id,), now_s)[0]

    def ranks(self, endpoint_ids: Sequence[str], now_s: float) -> list[int]:
        """Of each."""
        if self._watched.keys().isdisjoint(endpoint_ids):
            return [STABLE] * len(endpoint_ids)
        found = []
        find = self._watched.get
        for endpoint_id in endpoint_ids:
            pulse = find(endpoint_id)
            if pulse is not None and now_s >= pulse.rank_until_s:
                pulse.weigh(now_s)
                if pulse.rank_until_s == inf:
                    del self._watched[endpoint_id]
            found.append(STABLE if pulse is None else pulse.rank)
        return found

    def is_new(self, endpoint_id: str) -> bool:
        """Nothing was ever seen of it."""
        return endpoint_id not in self._pulses

    def busy(self, endpoint_ids: Sequence[str], least: int) -> list[str]:
        """Those that were tried so often in the last half-hour, 429s left out; may count a minute more."""
        found = []
        find = self._pulses.get
        for endpoint_id in endpoint_ids:
            pulse = find(endpoint_id)
            if pulse is not None:
                total = pulse.minutes.total
                if total[SERVED] + total[FAILED] >= least:
                    found.append(endpoint_id)
        return found

    def slow(self, endpoint_ids: Sequence[str], wishes: Wishes, now_s: float) -> list[bool]:
        """Of each, whether it is known to be slower than `wishes` prefer."""
        found = []
        find = self._pulses.get
        for endpoint_id in endpoint_ids:
            pulse = find(endpoint_id)
            if pulse is None:
                found.append(False)
            elif pulse.slow_wishes is wishes and now_s < pulse.slow_until_s:
                found.append(pulse.slow)
            else:
                found.append(pulse.compare(wishes, now_s))
        return found

    def admit(self, endpoint_id: str, now_s: float) -> bool:
        """Whether it may be the first to be asked: of one whose breaker was open, by one request at a time."""
        pulse = self._pulses.get(endpoint_id)
        if pulse is None or not pulse.open_s:
            return True
        if now_s < max(pulse.open_until_s, pulse.trial_until_s):
            return False
        pulse.trial_until_s = now_s + _TRIAL_S
        pulse.rank_until_s = 0.0
        self._watched[endpoint_id] = pulse
        return True

    def latencies(self, endpoint_ids: Sequence[str], now_s: float) -> list[Percentiles | None]:
        """Of each, seconds to the first token in the last 5 minutes; None = nothing was seen."""
        pulses = map(self._pulses.get, endpoint_ids)
        return [None if pulse is None else pulse.latency.read(now_s) for pulse in pulses]

    def throughputs(self, endpoint_ids: Sequence[str], now_s: float) -> list[Percentiles | None]:
        """Tokens a second, likewise; p90 is what nine of ten reached."""
        pulses = map(self._pulses.get, endpoint_ids)
        return [None if pulse is None else pulse.throughput.read(now_s) for pulse in pulses]

    def losses(self, endpoint_id: str, now_s: float) -> tuple[int, int]:
        """How many tries of the last 5 minutes failed or met a 429, and of how many."""
        pulse = self._pulses.get(endpoint_id)
        if pulse is None:
            return 0, 0
        pulse.recent.move(now_s)
        served, failed, limited = pulse.recent.total
        return failed + limited, served + failed + limited

    def record(self, endpoint_id: str, now_s: float) -> Record:
        pulse = self._pulses.get(endpoint_id)
        return _NOTHING if pulse is None else pulse.record(now_s)

    def _forget(self) -> None:
        """A quarter at once, so that it is done seldom."""
        by_age = sorted(self._pulses, key=lambda endpoint_id: self._pulses[endpoint_id].seen_s)
        for endpoint_id in by_age[: _MOST // 4]:
            del self._pulses[endpoint_id]
            self._watched.pop(endpoint_id, None)
