"""What was logged, summed for the metrics; the sets of labels are bounded."""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

BUCKETS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
"""Upper bounds of the duration histogram; one more bucket holds what is longer."""
BUCKETS_US = tuple(round(bound * 1e6) for bound in BUCKETS_S)
MOST_SERIES = 2_000
OTHER = "other"

Labels: TypeAlias = tuple[str, str, int]
"""Provider, model, status."""


class Sums(Struct):
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cached_tokens_in: int = 0
    reasoning_tokens_out: int = 0
    cost_nano: int = 0
    unpriced: int = 0
    """Requests that used tokens and whose cost is unknown."""
    duration_us: int = 0
    first_byte_us: int = 0
    cached: int = 0
    """Requests answered from the cache."""
    saved_tokens_in: int = 0
    """What those would have used: no provider was asked, so it is no part of the other tokens."""
    saved_tokens_out: int = 0

    def add(self, more: Sums) -> None:
        self.requests += more.requests
        self.tokens_in += more.tokens_in
        self.tokens_out += more.tokens_out
        self.cached_tokens_in += more.cached_tokens_in
        self.reasoning_tokens_out += more.reasoning_tokens_out
        self.cost_nano += more.cost_nano
        self.unpriced += more.unpriced
        self.duration_us += more.duration_us
        self.first_byte_us += more.first_byte_us
        self.cached += more.cached
        self.saved_tokens_in += more.saved_tokens_in
        self.saved_tokens_out += more.saved_tokens_out


class Totals(Struct):
    """Models are named by callers: past the bound, what is new is counted as `other`."""

    sums: dict[Labels, Sums] = field(default_factory=dict)
    durations: dict[str, list[int]] = field(default_factory=dict)
    """By provider: requests in each of `BUCKETS_S`, not cumulated."""

    def take(self, requests: Mapping[tuple[object, ...], list[int]]) -> None:
        """As `analytics.rollups.sum_up` has them."""
        for key, counted in requests.items():
            _, _, _, provider, model, status, _, cached, *_ = key
            asked, _, tokens_in, tokens_out, cached_in, reasoning_out, cost, unpriced, took, waited, *_ = counted
            sums = self._sums((str(provider), str(model), int(status)))  # type: ignore[call-overload]  # a number
            sums.requests += asked
            sums.cost_nano += cost
            sums.duration_us += took
            sums.first_byte_us += waited
            if cached:
                sums.cached += asked
                sums.saved_tokens_in += tokens_in
                sums.saved_tokens_out += tokens_out
            else:
                sums.tokens_in += tokens_in
                sums.tokens_out += tokens_out
                sums.cached_tokens_in += cached_in
                sums.reasoning_tokens_out += reasoning_out
                sums.unpriced += unpriced
            buckets = self._buckets(str(provider))
            buckets[:] = map(add, buckets, counted[-len(buckets) :])

    def merge(self, other: Totals) -> None:
        for labels, more in other.sums.items():
            self._sums(labels).add(more)
        for provider, counts in other.durations.items():
            buckets = self._buckets(provider)
            buckets[:] = map(add, buckets, counts)

    def copy(self) -> Totals:
        """For a reader in another thread, which must not walk what grows meanwhile."""
        return Totals(dict(self.sums), dict(self.durations))

    def _sums(self, labels: Labels) -> Sums:
        sums = self.sums.get(labels)
        if sums is None:
            if len(self.sums) >= MOST_SERIES:
                labels = (OTHER, OTHER, labels[2] // 100 * 100)
            sums = self.sums.setdefault(labels, Sums())
        return sums

    def _buckets(self, provider: str) -> list[int]:
        buckets = self.durations.get(provider)
        if buckets is None:
            name = provider if len(self.durations) < MOST_SERIES else OTHER
            buckets = self.durations.setdefault(name, [0] * (len(BUCKETS_S) + 1))
        return buckets
