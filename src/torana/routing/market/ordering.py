"""In which order are the endpoints that may serve a request asked (4.1 A, 2.3)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.routing.market import adaptive, exacto
from torana.routing.market.health import LESSER, STABLE, UNSTABLE
from torana.routing.market.price import mixed_price
from torana.routing.market.screening import names_endpoint
from torana.routing.market.wishes import PERCENTILES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torana.catalog.market import Endpoint
    from torana.routing.market.health import Health, Percentiles
    from torana.routing.market.needs import Needs
    from torana.routing.market.wishes import Cutoffs, Sort, Wishes


def ordered(
    endpoints: list[Endpoint], wishes: Wishes, needs: Needs, health: Health, now_s: float, dice: Callable[[], float]
) -> list[Endpoint]:
    """All of them. Nothing but the default rule and `adaptive` throws the dice."""
    if wishes.order:
        return _named_first(endpoints, wishes, needs, health, now_s)
    sort = _sort(wishes)
    if len(endpoints) == 1:
        return endpoints
    bands = _bands(endpoints, wishes, needs, health, now_s, sort)
    if sort == "adaptive":
        return adaptive.ordered(endpoints, bands, health, now_s, dice)
    values = _values(endpoints, sort, health, now_s)
    places = sorted(range(len(endpoints)), key=lambda place: (bands[place], values[place]))
    if not sort:
        _draw(places, bands, values, dice())
    return [endpoints[place] for place in places]


def _sort(wishes: Wishes) -> Sort:
    """Where only a service tier is asked for, the reference says by what its endpoints are sorted (2.10)."""
    if wishes.sort or not wishes.service_tier:
        return wishes.sort
    return "throughput" if wishes.service_tier == "priority" else "price"


def _bands(
    endpoints: Sequence[Endpoint], wishes: Wishes, needs: Needs, health: Health, now_s: float, sort: Sort
) -> list[int]:
    """What is asked before all else goes by: health, the tier asked for, the speed preferred. Lower comes first."""
    ranks = [health.rank(endpoint.id, now_s) for endpoint in endpoints]
    if sort and sort != "adaptive":  # asked for by what it sorts: slightly worse uptime does not count against that
        ranks = [rank if rank >= UNSTABLE else STABLE for rank in ranks]
    if sort == "exacto" or (not sort and needs.has_tools):
        poor = exacto.poor(endpoints, health, now_s)
        ranks = [
            max(rank, LESSER) if endpoint.id in poor else rank for rank, endpoint in zip(ranks, endpoints, strict=True)
        ]
    bands = [rank * 4 for rank in ranks]
    if wishes.service_tier == "priority":
        bands = [band + 2 * (e.tier != "priority") for band, e in zip(bands, endpoints, strict=True)]
    if wishes.preferred_min_throughput or wishes.preferred_max_latency:
        bands = [band + _misses(e, wishes, health, now_s) for band, e in zip(bands, endpoints, strict=True)]
    return bands


def _misses(endpoint: Endpoint, wishes: Wishes, health: Health, now_s: float) -> bool:
    """Whether it is known to be slower than is preferred."""
    least, most = wishes.preferred_min_throughput, wishes.preferred_max_latency
    return (
        least is not None and any(seen < want for seen, want in _pairs(health.throughput(endpoint.id, now_s), least))
    ) or (most is not None and any(seen > want for seen, want in _pairs(health.latency(endpoint.id, now_s), most)))


def _pairs(seen: Percentiles | None, wanted: Cutoffs) -> list[tuple[float, float]]:
    if seen is None:
        return []
    return [(getattr(seen, name), cutoff) for name in PERCENTILES if (cutoff := getattr(wanted, name)) is not None]


def _values(endpoints: Sequence[Endpoint], sort: Sort, health: Health, now_s: float) -> list[tuple[float, float]]:
    """What they are sorted by within a band, least first; the price decides between equals."""
    prices = [float(mixed_price(endpoint, now_s)) for endpoint in endpoints]
    match sort:
        case "throughput":
            firsts = [-value for value in _typical([health.throughput(each.id, now_s) for each in endpoints])]
        case "latency":
            firsts = _typical([health.latency(each.id, now_s) for each in endpoints])
        case "exacto":
            firsts = [-value for value in exacto.soundness(endpoints, health, now_s)]
        case _:
            firsts = [0.0] * len(prices)
    return list(zip(firsts, prices, strict=True))


def _typical(seen: Sequence[Percentiles | None]) -> list[float]:
    """Medians; one of which nothing is known is taken to be as the one in the middle of the others."""
    known = sorted(each.p50 for each in seen if each is not None)
    middle = known[len(known) // 2] if known else 0.0
    return [middle if each is None else each.p50 for each in seen]


def _draw(places: list[int], bands: list[int], values: Sequence[tuple[float, float]], dice: float) -> None:
    """Puts one of the first band first, by chance: each as likely as 1/price² says.

    What is free is infinitely likelier than what is not: among several free ones all are alike.
    """
    best = [place for place in places if bands[place] == bands[places[0]]]
    if len(best) == 1:
        return
    prices = [values[place][1] for place in best]
    if prices[0] == 0:
        weights = [1.0 if price == 0 else 0.0 for price in prices]
    else:
        weights = [(prices[0] / price) ** 2 for price in prices]
    left = dice * sum(weights)
    for place, weight in zip(best, weights, strict=True):
        left -= weight
        if left < 0:
            places.remove(place)
            places.insert(0, place)
            return


def _named_first(
    endpoints: Sequence[Endpoint], wishes: Wishes, needs: Needs, health: Health, now_s: float
) -> list[Endpoint]:
    """As the caller wrote them, whatever their health; those that one name means, and the others, cheapest first."""
    bands = _bands(endpoints, wishes, needs, health, now_s, "price")
    tiers = {wishes.service_tier, *wishes.admits}

    def key(place: int) -> tuple[int, int, int]:
        endpoint = endpoints[place]
        named = next(
            (
                at
                for at, name in enumerate(wishes.order)
                if names_endpoint(name, endpoint, any_tier=endpoint.tier in tiers)
            ),
            len(wishes.order),
        )
        return named, bands[place], mixed_price(endpoint, now_s)

    return [endpoints[place] for place in sorted(range(len(endpoints)), key=key)]
