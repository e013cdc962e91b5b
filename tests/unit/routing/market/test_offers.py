"""What can be worked out about an endpoint before anybody asks?"""

from __future__ import annotations

import msgspec

from market import NOW_S, USD, a_model, an_endpoint, chosen, tags
from torana.catalog.prices import Change, ModelPrice
from torana.routing.market.offers import mixed_price, offers
from torana.routing.market.wishes import read_wishes

NIGHT_S = NOW_S - NOW_S % 86_400


def at_night(tag: str, usd: int, night_usd: int) -> object:
    """Cheaper from midnight to six."""
    change = Change(input=night_usd * USD, output=night_usd * USD, minutes=(0, 360))
    price = ModelPrice(id="model", input=usd * USD, output=usd * USD, changes=[change])
    return msgspec.structs.replace(an_endpoint(tag), price=price)


def test_a_price_that_changes_with_the_hour_is_the_one_of_the_hour() -> None:
    model = a_model(an_endpoint("steady", 2), at_night("owl", 3, 1))  # type: ignore[arg-type]
    wishes = read_wishes({"sort": "price"})
    assert tags(chosen(model, wishes, now_s=NIGHT_S + 3_600)) == ["owl", "steady"]
    assert tags(chosen(model, wishes, now_s=NIGHT_S + 12 * 3_600)) == ["steady", "owl"]
    cheap = read_wishes({"max_price": {"prompt": 2}})
    assert set(tags(chosen(model, cheap, now_s=NIGHT_S + 3_600))) == {"owl", "steady"}
    assert tags(chosen(model, cheap, now_s=NIGHT_S + 12 * 3_600)) == ["steady"]


def test_what_is_not_paid_by_the_token_is_compared_by_its_unit() -> None:
    price = ModelPrice(id="model", request=5)
    picture = msgspec.structs.replace(an_endpoint("a"), price=price, others={"image": 40_000_000})
    (offer,) = offers(a_model(picture))
    assert mixed_price(offer, NOW_S) == 40_000_005


def test_a_model_is_worked_out_once() -> None:
    model = a_model(an_endpoint("host/east"))
    assert offers(model) is offers(model)
    assert offers(model)[0].names == {"host", "host/east"}
