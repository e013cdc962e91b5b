"""The optional strategy: price, speed and errors weighed against each other, with some exploration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.routing.market.offers import mixed_price

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torana.routing.market.health import Health
    from torana.routing.market.offers import Offer

EXPLORED = 0.03
"""The part of requests that is shared out evenly, so that nobody's recovery goes unseen."""
_SHARPNESS = 8
_FAILURE_COST = 4.0
"""A failure counts as if the answer had cost so many times more: it costs the caller time."""
_DOUBTS = 2.0
"""Tries at the peers' rate that each endpoint is taken to have made: a new one is a typical peer."""
_TYPICAL_TOKENS = 300
_LEAST_S, _MOST_S = 1e-3, 1e6
_MOST_LOST = 0.95
"""Counted: what has lost everything is as good as lost, and a burden has to be a number."""


def ordered(
    offers: Sequence[Offer], bands: Sequence[int], health: Health, now_s: float, dice: Callable[[], float]
) -> list[Offer]:
    """Drawn one after the other from what is left, band by band."""
    found: list[Offer] = []
    weights = shares(offers, health, now_s)
    for band in sorted(set(bands)):
        left = [place for place in range(len(offers)) if bands[place] == band]
        while left:
            place = _drawn(left, weights, dice())
            left.remove(place)
            found.append(offers[place])
    return found


def _drawn(places: Sequence[int], weights: Sequence[float], dice: float) -> int:
    left = dice * sum(weights[place] for place in places)
    for place in places:
        left -= weights[place]
        if left < 0:
            return place
    return places[-1]


def shares(offers: Sequence[Offer], health: Health, now_s: float) -> list[float]:
    """Of each, which part of the requests it should get; they add up to 1.

    An endpoint's burden is its price beside the cheapest one's, times the time an answer takes beside the quickest
    one's, times what its failures cost. Shares go by the inverse of the burden to the eighth power.
    """
    prices = [mixed_price(offer, now_s) for offer in offers]
    dearest = max(prices)
    floor = max(dearest / 100, 1.0)
    times = _times(offers, health, now_s)
    quickest = min(times)
    losses = _losses(offers, health, now_s)
    burdens = [
        max(price, floor) * time / quickest * (1 + _FAILURE_COST * loss) / (1 - loss)
        for price, time, loss in zip(prices, times, losses, strict=True)
    ]
    least = min(burdens)
    weights = [(least / burden) ** _SHARPNESS for burden in burdens]
    whole = sum(weights)
    even = EXPLORED / len(offers)
    return [even + (1 - EXPLORED) * weight / whole for weight in weights]


def _times(offers: Sequence[Offer], health: Health, now_s: float) -> list[float]:
    """Seconds of an answer of 300 tokens; of which nothing is known: as its peers."""
    speeds = health.throughputs([offer.id for offer in offers], now_s)
    found = [_TYPICAL_TOKENS / speed.p50 if speed is not None and speed.p50 > 0 else None for speed in speeds]
    known = sorted(time for time in found if time is not None)
    typical = known[len(known) // 2] if known else 1.0
    return [min(max(typical if time is None else time, _LEAST_S), _MOST_S) for time in found]


def _losses(offers: Sequence[Offer], health: Health, now_s: float) -> list[float]:
    """Of each, the part of tries that failed or met a 429, drawn towards that of all where little is known."""
    found = [health.losses(offer.id, now_s) for offer in offers]
    whole = sum([tried for _, tried in found])
    typical = sum([lost for lost, _ in found]) / whole if whole else 0.0
    return [min((lost + typical * _DOUBTS) / (tried + _DOUBTS), _MOST_LOST) for lost, tried in found]
