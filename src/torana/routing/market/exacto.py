"""Whose tool calls can be relied on, of what this worker has seen (4.2)?"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torana.routing.market.health import Health
    from torana.routing.market.offers import Offer

_LEAST_PEERS = 4
_LEAST_TRIED, _LEAST_CALLED = 100, 200
_SLOW_SDS, _UNSOUND_SDS = 1.5, 2.0
_SD_OF_MAD = 1.4826
"""The standard deviation of a normal distribution, by its median absolute deviation."""
_LEAST_SD = 0.05
"""Of the median: where all are nearly alike, a hair's breadth is no reason."""


def poor(offers: Sequence[Offer], health: Health, now_s: float) -> frozenset[str]:
    """Ids of those that are far slower than their peers, or call tools far worse; empty where too little is known."""
    ids = [offer.id for offer in offers]
    known = health.busy(ids, _LEAST_TRIED)
    if len(known) < _LEAST_PEERS:
        return frozenset()
    rates: dict[str, float] = {}
    sound: dict[str, float] = {}
    for endpoint_id, speed in zip(known, health.throughputs(known, now_s), strict=True):
        if speed is not None:
            rates[endpoint_id] = speed.p50
        record = health.record(endpoint_id, now_s)
        if record.called >= _LEAST_CALLED:
            sound[endpoint_id] = record.sound / record.called
    return _below(rates, _SLOW_SDS) | _below(sound, _UNSOUND_SDS)


def _below(values: dict[str, float], sds: float) -> frozenset[str]:
    if len(values) < _LEAST_PEERS:
        return frozenset()
    middle = median(values.values())
    spread = max(median(abs(value - middle) for value in values.values()) * _SD_OF_MAD, middle * _LEAST_SD)
    return frozenset(name for name, value in values.items() if value < middle - sds * spread)


def soundness(offers: Sequence[Offer], health: Health, now_s: float) -> list[float]:
    """Of each, the share of its answers with tool calls whose calls could be run; unknown ones are as good as half."""
    records = [health.record(offer.id, now_s) for offer in offers]
    return [(record.sound + 1) / (record.called + 2) for record in records]
