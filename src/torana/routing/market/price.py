"""What does an endpoint cost, as one number to compare by?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torana.catalog.market import Endpoint
    from torana.catalog.prices import Price

_TOKENS_A_REQUEST = 1_000


def price_now(endpoint: Endpoint, now_s: float) -> Price:
    price = endpoint.price
    return price.at(int(now_s * 1000)) if price.changes else price


def mixed_price(endpoint: Endpoint, now_s: float) -> int:
    """Nano-USD for 1,000,000 tokens, three of the prompt to each of the answer; a request is taken to have 1,000.

    Of what has no price by the token, such as pictures: the sum of its prices by the unit.
    """
    price = price_now(endpoint, now_s)
    if price.input is None and price.output is None and endpoint.others:
        return sum(endpoint.others.values()) + price.request
    tokens = (3 * (price.input or 0) + (price.output or 0)) // 4
    return tokens + price.request * (1_000_000 // _TOKENS_A_REQUEST) if price.request else tokens


def is_free(endpoint: Endpoint, now_s: float) -> bool:
    return mixed_price(endpoint, now_s) == 0
