"""Models and endpoints, with what can be worked out about them before anybody asks."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.catalog.hosts import LAST_RESORT
from torana.catalog.market import Endpoint, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torana.catalog.market import Model
    from torana.catalog.prices import Price

_TOKENS_A_REQUEST = 1_000
_MODELS = 8_192


class Offer(Struct, frozen=True, eq=False):
    """An endpoint as requests look at it."""

    endpoint: Endpoint
    id: str
    names: frozenset[str]
    """Whatever callers may mean it by, in lower case: its tag and the tag's beginnings, its host's slug and name."""
    own_names: frozenset[str]
    """The same where its service tier is not asked for: then that needs the whole tag (2.3)."""
    mixed: int | None
    """`mixed_price` at any time; None = it depends on the time."""
    tier: Tier
    quantization: str
    parameters: frozenset[str]
    is_zdr: bool
    trains: bool
    keeps: bool
    """Its host may train on what it is sent, or retains it."""
    most_prompt: float
    """Tokens that its window has room for; inf = not known."""
    is_last: bool
    """An account at another router: asked when no other can."""


@lru_cache(maxsize=_MODELS)
def offers(model: Model) -> tuple[Offer, ...]:
    """Models are what they are for good, and few: worked out once for each."""
    return tuple(_offer(endpoint) for endpoint in model.endpoints)


def _offer(endpoint: Endpoint) -> Offer:
    tag = endpoint.tag.lower()
    parts = tag.split("/")
    beginnings = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    names = frozenset({*beginnings, endpoint.host.slug.lower(), endpoint.host.name.lower()})
    return Offer(
        endpoint,
        endpoint.id,
        names,
        frozenset({tag}) if endpoint.tier else names,
        None if endpoint.price.changes else _mixed(endpoint, endpoint.price),
        endpoint.tier,
        endpoint.quantization,
        endpoint.supported_parameters,
        endpoint.is_zdr,
        endpoint.host.trains,
        endpoint.host.trains or endpoint.host.retains,
        endpoint.max_prompt_tokens or endpoint.context_length or inf,
        endpoint.host.slug == LAST_RESORT,
    )


def price_now(endpoint: Endpoint, now_s: float) -> Price:
    price = endpoint.price
    return price.at(int(now_s * 1000)) if price.changes else price


def mixed_price(offer: Offer, now_s: float) -> int:
    """What it costs, as one number to compare by.

    Nano-USD for 1,000,000 tokens, three of the prompt to each of the answer; a request is taken to have 1,000 tokens.
    Of what has no price by the token, such as pictures: the sum of its prices by the unit.
    """
    if offer.mixed is not None:
        return offer.mixed
    return _mixed(offer.endpoint, price_now(offer.endpoint, now_s))


def by_price(offers: Iterable[Offer], now_s: float) -> list[Offer]:
    """Cheapest first; those of one price stay in their order."""
    return sorted(offers, key=lambda offer: mixed_price(offer, now_s))


def _mixed(endpoint: Endpoint, price: Price) -> int:
    if price.input is None and price.output is None and endpoint.others:
        return sum(endpoint.others.values()) + price.request
    tokens = (3 * (price.input or 0) + (price.output or 0)) // 4
    return tokens + price.request * (1_000_000 // _TOKENS_A_REQUEST)
