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

from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILING = frozenset({401, 402, 404, 405, 408, 410, 421, 423, 424, 426, 498})
STABLE, LESSER, UNSTABLE, BROKEN = range(4)
"""Ranks, as `Health.rank` has them."""

OUTAGE_S = 30
_OUTAGE_FAILURES = 2
_OUTAGE_SHARE = 0.2
_UPTIME_MINUTES = 30
_UPTIME_TRIES = 100
_LESSER_UPTIME, _LEAST_UPTIME = 0.95, 0.8
_IN_A_ROW = 5
_OPEN_S, _LONGEST_OPEN_S = 30.0, 300.0
_TRIAL_S = 60.0
"""A trial of which nothing is heard for so long is given up, and another may begin."""
_BACK_OFF_S, _LONGEST_BACK_OFF_S, _LONGEST_RETRY_AFTER_S = 1.0, 60.0, 600.0
SPEED_S = 300
_SAMPLES = 256
_FRESH_S = 1.0
_MOST = 8192


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

    @property
    def is_failure(self) -> bool:
        return self.is_cut or is_failing(self.status)


def is_failing(status: int) -> bool:
    """Whether it is the provider that failed."""
    return status == 0 or status >= 500 or status in FAILING  # noqa: PLR2004  # the server's own errors begin there


class Percentiles(Struct, frozen=True, gc=False):
    p50: float
    p75: float
    p90: float
    p99: float


class Record(Struct, frozen=True, gc=False):
    """What happened in the last 30 minutes."""

    served: int = 0
    failed: int = 0
    limited: int = 0
    called: int = 0
    """Answers that called tools."""
    sound: int = 0
    """Of these, those whose calls could be run."""

    @property
    def tried(self) -> int:
        return self.served + self.failed

    @property
    def uptime(self) -> float | None:
        """From 0 to 1; None = nothing was tried."""
        return self.served / self.tried if self.tried else None


class _Minute(Struct, gc=False):
    at: int
    """Whole minutes of Unix time."""
    served: int = 0
    failed: int = 0
    limited: int = 0
    called: int = 0
    sound: int = 0


class _Second(Struct, gc=False):
    at: int
    served: int = 0
    failed: int = 0


class _Pulse:
    """One endpoint's."""

    __slots__ = (
        "back_off_s",
        "failures",
        "latency",
        "limited_until_s",
        "minutes",
        "open_s",
        "open_until_s",
        "rank",
        "rank_until_s",
        "samples",
        "seconds",
        "seen_s",
        "speed_until_s",
        "throughput",
        "trial_until_s",
    )

    def __init__(self) -> None:
        self.seconds: deque[_Second] = deque(maxlen=OUTAGE_S)
        self.minutes: deque[_Minute] = deque(maxlen=_UPTIME_MINUTES)
        self.samples: deque[tuple[float, float | None, float | None]] = deque(maxlen=_SAMPLES)
        """When, latency, throughput."""
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
        self.rank_until_s = 0.0
        """Until then `rank` holds."""
        self.latency: Percentiles | None = None
        self.throughput: Percentiles | None = None
        self.speed_until_s = 0.0

    def note(self, seen: Seen, now_s: float) -> None:
        minute = self._minute(int(now_s // 60))
        if seen.status == 429:  # noqa: PLR2004
            minute.limited += 1
            self._limited(seen.retry_after_s, now_s)
        elif seen.is_failure:
            minute.failed += 1
            self._second(int(now_s)).failed += 1
            self._failed(now_s)
        elif seen.status < 300:  # noqa: PLR2004
            minute.served += 1
            self._second(int(now_s)).served += 1
            if self.failures or self.back_off_s:
                self.failures, self.open_s, self.trial_until_s = 0, 0.0, 0.0
                self.back_off_s, self.limited_until_s = 0.0, 0.0
                self.rank_until_s = 0.0
            if seen.has_sound_calls is not None:
                minute.called += 1
                minute.sound += seen.has_sound_calls
            if seen.latency_s is not None or seen.tokens_per_s is not None:
                self.samples.append((now_s, seen.latency_s, seen.tokens_per_s))
        else:
            self.trial_until_s = 0.0  # the caller's mistake says nothing: another may be the trial
        self.seen_s = now_s

    def _failed(self, now_s: float) -> None:
        self.failures += 1
        self.rank_until_s = 0.0
        is_trial = self.open_s > 0.0 and now_s >= self.open_until_s
        if is_trial or (self.open_s == 0.0 and self.failures >= _IN_A_ROW):
            self.open_s = min(self.open_s * 2 or _OPEN_S, _LONGEST_OPEN_S)
            self.open_until_s = now_s + self.open_s
            self.trial_until_s = 0.0

    def _limited(self, retry_after_s: float | None, now_s: float) -> None:
        self.back_off_s = min(self.back_off_s * 2 or _BACK_OFF_S, _LONGEST_BACK_OFF_S)
        wait_s = self.back_off_s if retry_after_s is None else min(retry_after_s, _LONGEST_RETRY_AFTER_S)
        self.limited_until_s = max(self.limited_until_s, now_s + wait_s)
        self.trial_until_s = 0.0
        self.rank_until_s = 0.0

    def _minute(self, at: int) -> _Minute:
        if not self.minutes or self.minutes[-1].at < at:
            self.minutes.append(_Minute(at))
        return self.minutes[-1]

    def _second(self, at: int) -> _Second:
        if not self.seconds or self.seconds[-1].at < at:
            self.seconds.append(_Second(at))
        return self.seconds[-1]

    def weigh(self, now_s: float) -> None:
        """Works out the rank, and until when it holds."""
        until_s = now_s + _FRESH_S
        if self.open_s and now_s < max(self.open_until_s, self.trial_until_s):
            self.rank, self.rank_until_s = BROKEN, min(until_s, max(self.open_until_s, self.trial_until_s))
            return
        if now_s < self.limited_until_s:
            self.rank, self.rank_until_s = UNSTABLE, min(until_s, self.limited_until_s)
            return
        self.rank_until_s = until_s
        self.rank = UNSTABLE if self._is_out(now_s) else self._band(now_s)

    def _is_out(self, now_s: float) -> bool:
        recent = [second for second in self.seconds if second.at > now_s - OUTAGE_S]
        failed = sum(second.failed for second in recent)
        tried = failed + sum(second.served for second in recent)
        return failed >= _OUTAGE_FAILURES and failed >= tried * _OUTAGE_SHARE

    def _band(self, now_s: float) -> int:
        record = self.record(now_s)
        if record.tried < _UPTIME_TRIES:
            return STABLE
        uptime = record.served / record.tried
        if uptime < _LEAST_UPTIME:
            return UNSTABLE
        return LESSER if uptime < _LESSER_UPTIME else STABLE

    def record(self, now_s: float) -> Record:
        served = failed = limited = called = sound = 0
        for minute in self.minutes:
            if minute.at > now_s // 60 - _UPTIME_MINUTES:
                served += minute.served
                failed += minute.failed
                limited += minute.limited
                called += minute.called
                sound += minute.sound
        return Record(served, failed, limited, called, sound)

    def measure(self, now_s: float) -> None:
        """Works out the percentiles."""
        while self.samples and self.samples[0][0] <= now_s - SPEED_S:
            self.samples.popleft()
        self.latency = _percentiles([latency for _, latency, _ in self.samples if latency is not None])
        self.throughput = _percentiles([rate for _, _, rate in self.samples if rate is not None], rises=False)
        self.speed_until_s = now_s + _FRESH_S


def _percentiles(values: list[float], *, rises: bool = True) -> Percentiles | None:
    """p90 is what nine of ten are as good as or better: as fast where `rises` is false, as quick where it is true."""
    if not values:
        return None
    values.sort(reverse=not rises)
    last = len(values) - 1
    return Percentiles(*(values[min(last, len(values) * share // 100)] for share in (50, 75, 90, 99)))


class Health:
    """One worker's memory of endpoints, by id; of at most 8,192, the least recently used go first."""

    def __init__(self) -> None:
        self._pulses: dict[str, _Pulse] = {}

    def observe(self, endpoint_id: str, seen: Seen, now_s: float) -> None:
        """`now_s` is Unix time, and never goes back by more than a clock's correction."""
        pulse = self._pulses.get(endpoint_id)
        if pulse is None:
            if len(self._pulses) >= _MOST:
                self._forget()
            pulse = self._pulses[endpoint_id] = _Pulse()
        pulse.note(seen, now_s)

    def rank(self, endpoint_id: str, now_s: float) -> int:
        """STABLE, LESSER (below 95 %), UNSTABLE (an outage, a 429, below 80 %) or BROKEN (its breaker is open)."""
        pulse = self._pulses.get(endpoint_id)
        if pulse is None:
            return STABLE
        if now_s >= pulse.rank_until_s:
            pulse.weigh(now_s)
        return pulse.rank

    def admit(self, endpoint_id: str, now_s: float) -> bool:
        """Whether it may be the first to be asked: of one whose breaker was open, by one request at a time."""
        pulse = self._pulses.get(endpoint_id)
        if pulse is None or not pulse.open_s:
            return True
        if now_s < max(pulse.open_until_s, pulse.trial_until_s):
            return False
        pulse.trial_until_s = now_s + _TRIAL_S
        pulse.rank_until_s = 0.0
        return True

    def latency(self, endpoint_id: str, now_s: float) -> Percentiles | None:
        """Seconds to the first token in the last 5 minutes; None = nothing was seen."""
        pulse = self._measured(endpoint_id, now_s)
        return None if pulse is None else pulse.latency

    def throughput(self, endpoint_id: str, now_s: float) -> Percentiles | None:
        """Tokens a second, likewise; p90 is what nine of ten reached."""
        pulse = self._measured(endpoint_id, now_s)
        return None if pulse is None else pulse.throughput

    def record(self, endpoint_id: str, now_s: float) -> Record:
        pulse = self._pulses.get(endpoint_id)
        return Record() if pulse is None else pulse.record(now_s)

    def ids(self) -> Iterator[str]:
        """Of endpoints of which anything was seen."""
        return iter(tuple(self._pulses))

    def _measured(self, endpoint_id: str, now_s: float) -> _Pulse | None:
        pulse = self._pulses.get(endpoint_id)
        if pulse is not None and now_s >= pulse.speed_until_s:
            pulse.measure(now_s)
        return pulse

    def _forget(self) -> None:
        """A quarter at once, so that it is done seldom."""
        by_age = sorted(self._pulses, key=lambda endpoint_id: self._pulses[endpoint_id].seen_s)
        for endpoint_id in by_age[: _MOST // 4]:
            del self._pulses[endpoint_id]
