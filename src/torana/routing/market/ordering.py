"""In which order are the endpoints that may serve a request asked (4.1 A, 2.3)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from torana.routing.market import adaptive, exacto
from torana.routing.market.health import LESSER, STABLE, UNSTABLE
from torana.routing.market.offers import mixed_price

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torana.routing.market.health import Health
    from torana.routing.market.needs import Needs
    from torana.routing.market.offers import Offer
    from torana.routing.market.windows import Percentiles
    from torana.routing.market.wishes import Cutoffs, Sort, Wishes

_UNTRIED = 1e9
_Row: TypeAlias = tuple[int, float, int, int]
"""Band, what it is sorted by, price, place among the offers: least first."""


def ordered(
    offers: list[Offer], wishes: Wishes, needs: Needs, health: Health, now_s: float, dice: Callable[[], float]
) -> list[Offer]:
    """All of them. Nothing but the default rule and `adaptive` throws the dice."""
    if len(offers) == 1:
        return offers
    sort = _sort(wishes)
    bands = _bands(offers, wishes, needs, health, now_s, sort)
    if sort == "adaptive":
        return adaptive.ordered(offers, bands, health, now_s, dice)
    prices = [mixed_price(offer, now_s) for offer in offers]
    rows = sorted(zip(bands, _firsts(offers, sort, health, now_s), prices, range(len(offers)), strict=True))
    if not sort and rows[1][0] == rows[0][0]:
        _draw(rows, dice())
    return [offers[place] for _, _, _, place in rows]


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
    ranks = health.ranks([offer.id for offer in offers], now_s)
    if sort and sort != "adaptive":  # a slightly worse uptime does not count against what was asked for
        ranks = [rank if rank >= UNSTABLE else STABLE for rank in ranks]
    if sort == "exacto" or (not sort and needs.has_tools):
        poor = exacto.poor(offers, health, now_s)
        if poor:
            ranks = [max(rank, LESSER) if offer.id in poor else rank for rank, offer in zip(ranks, offers, strict=True)]
    bands = [rank * 4 for rank in ranks]
    if wishes.service_tier == "priority":
        bands = [band + 2 * (offer.tier != "priority") for band, offer in zip(bands, offers, strict=True)]
    if wishes.preferred_min_throughput or wishes.preferred_max_latency:
        slow = _slow(offers, wishes, health, now_s)
        bands = [band + is_slow for band, is_slow in zip(bands, slow, strict=True)]
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


def _slow(offers: Sequence[Offer], wishes: Wishes, health: Health, now_s: float) -> list[bool]:
    """Of each, whether it is known to be slower than is preferred."""
    slow = [False] * len(offers)
    least, most = wishes.preferred_min_throughput, wishes.preferred_max_latency
    if least is not None:
        rates = [health.throughput(offer.id, now_s) for offer in offers]
        slow = [seen is not None and _is_any_less(seen, least) for seen in rates]
    if most is not None:
        times = [health.latency(offer.id, now_s) for offer in offers]
        slow = [was or (seen is not None and _is_any_more(seen, most)) for was, seen in zip(slow, times, strict=True)]
    return slow


def _is_any_less(seen: Percentiles, cutoffs: Cutoffs) -> bool:
    return (
        (cutoffs.p50 is not None and seen.p50 < cutoffs.p50)
        or (cutoffs.p75 is not None and seen.p75 < cutoffs.p75)
        or (cutoffs.p90 is not None and seen.p90 < cutoffs.p90)
        or (cutoffs.p99 is not None and seen.p99 < cutoffs.p99)
    )


def _is_any_more(seen: Percentiles, cutoffs: Cutoffs) -> bool:
    return (
        (cutoffs.p50 is not None and seen.p50 > cutoffs.p50)
        or (cutoffs.p75 is not None and seen.p75 > cutoffs.p75)
        or (cutoffs.p90 is not None and seen.p90 > cutoffs.p90)
        or (cutoffs.p99 is not None and seen.p99 > cutoffs.p99)
    )


def _firsts(offers: Sequence[Offer], sort: Sort, health: Health, now_s: float) -> list[float]:
    """What they are sorted by within a band; the price decides between equals, and is all there is for most.

    Where speed counts, one that was never tried goes first: else nobody would learn how fast it is.
    """
    match sort:
        case "throughput":
            rates = _typical([health.throughput(offer.id, now_s) for offer in offers])
            return [-_UNTRIED if health.is_new(offer.id) else -rate for rate, offer in zip(rates, offers, strict=True)]
        case "latency":
            times = _typical([health.latency(offer.id, now_s) for offer in offers])
            return [-_UNTRIED if health.is_new(offer.id) else time for time, offer in zip(times, offers, strict=True)]
        case "exacto":
            return [-value for value in exacto.soundness(offers, health, now_s)]
        case _:
            return [0.0] * len(offers)


def _typical(seen: Sequence[Percentiles | None]) -> list[float]:
    """Medians; one of which nothing is known any more is taken to be as the one in the middle of the others."""
    known = sorted(each.p50 for each in seen if each is not None)
    middle = known[len(known) // 2] if known else 0.0
    return [middle if each is None else each.p50 for each in seen]


def _draw(rows: list[_Row], dice: float) -> None:
    """Puts one of the first band first, by chance: each as likely as 1/price² says.

    What is free is infinitely likelier than what is not: among several free ones all are alike.
    """
    band, _, least, _ = rows[0]
    weights = [(least / row[2]) ** 2 if row[2] else 1.0 for row in rows if row[0] == band]
    left = dice * sum(weights)
    for place, weight in enumerate(weights):
        left -= weight
        if left < 0:
            rows.insert(0, rows.pop(place))
            return
