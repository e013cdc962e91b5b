"""In which order are the endpoints that may serve a request asked (4.1 A, 2.3)?"""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from operator import add
from typing import TYPE_CHECKING

from torana.routing.market import adaptive, exacto
from torana.routing.market.health import LESSER, STABLE, UNSTABLE
from torana.routing.market.offers import mixed_price

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torana.routing.market.health import Health
    from torana.routing.market.needs import Needs
    from torana.routing.market.offers import Offer
    from torana.routing.market.windows import Percentiles
    from torana.routing.market.wishes import Sort, Wishes

_UNTRIED = 1e9


def ordered(
    offers: Sequence[Offer], wishes: Wishes, needs: Needs, health: Health, now_s: float, dice: Callable[[], float]
) -> list[Offer]:
    """All of them, which come cheapest first. Nothing but the default rule and `adaptive` throws the dice."""
    if len(offers) == 1:
        return list(offers)
    sort = _sort(wishes)
    bands = _bands(offers, wishes, needs, health, now_s, sort)
    if sort == "adaptive":
        return adaptive.ordered(offers, bands, health, now_s, dice)
    firsts = _firsts(offers, sort, health, now_s)
    keys = bands if firsts is None else list(zip(bands, firsts, strict=True))
    places = sorted(range(len(offers)), key=keys.__getitem__)  # what is alike stays as it is: cheapest first
    order = [offers[place] for place in places]
    if not sort and (alike := bands.count(min(bands))) > 1:
        _draw(order, alike, now_s, dice())
    return order


def _sort(wishes: Wishes) -> Sort:
    """Where only a service tier is asked for, the reference says by what its endpoints are sorted (2.10)."""
    if wishes.order:
        return "price"
    if wishes.sort or not wishes.service_tier:
        return wishes.sort
    return "throughput" if wishes.service_tier == "priority" else "price"


def _bands(
    offers: Sequence[Offer], wishes: Wishes, needs: Needs, health: Health, now_s: float, sort: Sort
) -> list[int]:
    """What counts before all else: the caller's order, then health, the tier asked for, the speed preferred."""
    ids = [offer.id for offer in offers]
    ranks = health.ranks(ids, now_s)
    if sort and sort != "adaptive":  # a slightly worse uptime does not count against what was asked for
        ranks = [rank if rank >= UNSTABLE else STABLE for rank in ranks]
    if sort == "exacto" or (not sort and needs.has_tools):
        poor = exacto.poor(offers, health, now_s)
        if poor:
            ranks = [max(rank, LESSER) if each in poor else rank for rank, each in zip(ranks, ids, strict=True)]
    bands = [rank * 4 for rank in ranks] if any(ranks) else ranks
    if wishes.service_tier == "priority":
        bands = [band + 2 * (offer.tier != "priority") for band, offer in zip(bands, offers, strict=True)]
    if wishes.preferred_min_throughput or wishes.preferred_max_latency:
        bands = list(map(add, bands, health.slow(ids, wishes, now_s)))
    if wishes.order:
        bands = [place * 16 + band for place, band in zip(_named(offers, wishes), bands, strict=True)]
    return bands


def _named(offers: Sequence[Offer], wishes: Wishes) -> list[int]:
    """Of each, which of the names in `order` means it; who is not named comes after those."""
    tiers = {wishes.service_tier, *wishes.admits}
    found = []
    for offer in offers:
        names = offer.names if offer.tier in tiers else offer.own_names
        found.append(next((place for place, name in enumerate(wishes.order) if name in names), len(wishes.order)))
    return found


def _firsts(offers: Sequence[Offer], sort: Sort, health: Health, now_s: float) -> list[float] | None:
    """What they are sorted by within a band before the price; None = the price is all there is, as for most.

    Where speed counts, one that was never tried goes first: else nobody would learn how fast it is.
    """
    if sort in ("", "price"):
        return None
    ids = [offer.id for offer in offers]
    match sort:
        case "throughput":
            rates = _typical(health.throughputs(ids, now_s))
            return [-_UNTRIED if health.is_new(each) else -rate for rate, each in zip(rates, ids, strict=True)]
        case "latency":
            times = _typical(health.latencies(ids, now_s))
            return [-_UNTRIED if health.is_new(each) else time for time, each in zip(times, ids, strict=True)]
        case _:
            return [-value for value in exacto.soundness(offers, health, now_s)]


def _typical(seen: Sequence[Percentiles | None]) -> list[float]:
    """Medians; one of which nothing is known any more is taken to be as the one in the middle of the others."""
    known = sorted(each.p50 for each in seen if each is not None)
    middle = known[len(known) // 2] if known else 0.0
    return [middle if each is None else each.p50 for each in seen]


def _draw(order: list[Offer], alike: int, now_s: float, dice: float) -> None:
    """Puts one of those that stand first, of which so many are alike, first: each as likely as 1/price² says.

    What is free is infinitely likelier than what is not: among several free ones all are alike.
    """
    prices = [offer.mixed or mixed_price(offer, now_s) for offer in order[:alike]]
    least = prices[0]
    weights = list(accumulate([(least / price) ** 2 if price else 1.0 for price in prices]))
    order.insert(0, order.pop(bisect(weights, dice * weights[-1], hi=alike - 1)))
