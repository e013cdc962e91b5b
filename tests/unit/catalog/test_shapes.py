"""Models as the public sees them: exact prices, and objects that the official client takes."""

from __future__ import annotations

import json

import msgspec
import pytest
from openrouter import components

from torana.catalog.building import build
from torana.catalog.curated import read_builtin
from torana.catalog.hosts import HOSTS
from torana.catalog.market import Catalogue, Endpoint, Model, Reasoning
from torana.catalog.measured import Measured, Percentiles
from torana.catalog.pictures import picture_endpoint, picture_model
from torana.catalog.prices import Change, ModelPrice, Prices, Tier
from torana.catalog.routers import ROUTERS
from torana.catalog.shapes import endpoint_shape, foremost, host_shape, model_shape, parameters, pricing, reached
from torana.storage.pricing import builtin_table

NOW_MS = 1_795_400_000_000


def endpoint(provider: str = "openai", price: ModelPrice | None = None, **more: object) -> Endpoint:
    host = HOSTS[provider]
    given: dict[str, object] = {"tag": host.slug} | more
    usual = price or ModelPrice(id="m", input=2_500_000_000, output=10_000_000_000)
    return Endpoint(id=f"e-{provider}", model="acme/m", host=host, name="m", price=usual, **given)  # type: ignore[arg-type]  # as named


def model(**given: object) -> Model:
    usual: dict[str, object] = {"id": "acme/m", "canonical_slug": "acme/m-1", "name": "Acme: M", "created": 1}
    return Model(**(usual | given))  # type: ignore[arg-type]  # as named


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return build(read_builtin(), Prices(builtin_table()))


def test_prices_are_exact_and_for_one_token() -> None:
    price = ModelPrice(id="m", input=2_500_000_000, output=10_000_000_000, cache_read=1_250_000_000, request=1_000_000)
    shown = pricing(endpoint(price=price, others={"image": 3_613_000, "web_search": 10_000_000, "second": 7}), NOW_MS)
    assert shown == {
        "prompt": "0.0000025",
        "completion": "0.00001",
        "input_cache_read": "0.00000125",
        "request": "0.001",
        "image": "0.003613",
        "web_search": "0.01",
    }


def test_what_costs_nothing_says_so() -> None:
    assert pricing(endpoint(price=ModelPrice(id="m")), NOW_MS) == {"prompt": "0", "completion": "0"}


def test_long_prompts_and_hours_are_overrides() -> None:
    night = Change(input=1_000_000_000, minutes=(990, 30), tiers=[Tier(above=5, input=3_000_000_000)])
    price = ModelPrice(id="m", input=2_000_000_000, tiers=[Tier(above=200_000, input=4_000_000_000)], changes=[night])
    assert pricing(endpoint(price=price), NOW_MS)["overrides"] == [
        {"min_prompt_tokens": 200_000, "prompt": "0.000004"},
        {"utc_start": "1630", "utc_end": "0030", "prompt": "0.000001"},
        {"utc_start": "1630", "utc_end": "0030", "min_prompt_tokens": 5, "prompt": "0.000003"},
    ]


def test_a_price_that_begins_on_a_day_holds_from_then_on() -> None:
    price = ModelPrice(id="m", input=1_000_000_000, changes=[Change(input=2_000_000_000, since_ms=NOW_MS)])
    assert pricing(endpoint(price=price), NOW_MS - 1)["prompt"] == "0.000001"
    assert pricing(endpoint(price=price), NOW_MS)["prompt"] == "0.000002"


def test_a_models_price_is_that_of_the_cheapest_usual_endpoint_and_the_last_resort_last() -> None:
    cheap = ModelPrice(id="m", input=1, output=1)
    flex, usual, last = (
        endpoint(price=cheap, tier="flex"),
        endpoint("azure-openai"),
        endpoint("openrouter", price=cheap),
    )
    assert foremost((flex, last, usual), NOW_MS) is usual
    assert foremost((flex, last), NOW_MS) is last
    assert foremost((flex,), NOW_MS) is flex


def test_only_what_is_reached_is_shown() -> None:
    shown = model(endpoints=(endpoint(supported_parameters=frozenset({"tools"})), endpoint("azure-openai")))
    assert [each.host.slug for each in reached(shown, frozenset({"azure-openai"}))] == ["azure"]
    assert parameters(shown.endpoints) == ["tools"]


def test_a_model_says_all_that_is_known_of_it() -> None:
    known = model(
        reasoning=Reasoning(mandatory=True, supported_efforts=("high", "low"), default_effort="high"),
        default_parameters={"temperature": 0.5},
        supported_voices=("alloy",),
        benchmarks={"design_arena": []},
        alias_of="acme/n",
    )
    shape = model_shape(known, (endpoint(context_length=10, max_completion_tokens=5),), NOW_MS, model(id="acme/n"))
    assert shape["context_length"] == 10
    assert shape["top_provider"] == {"context_length": 10, "max_completion_tokens": 5, "is_moderated": False}
    assert shape["reasoning"] == {
        "mandatory": True,
        "supports_max_tokens": False,
        "supported_efforts": ["high", "low"],
        "default_effort": "high",
    }
    defaults = shape["default_parameters"]
    assert isinstance(defaults, dict)
    assert (defaults["temperature"], defaults["top_p"], len(defaults)) == (0.5, None, 6)
    assert shape["alias_target"] == {"slug": "acme/n", "name": "Acme: M"}
    assert shape["links"] == {"details": "/api/v1/models/acme/m/endpoints"}


def test_how_fast_an_endpoint_is_is_shown_to_who_has_a_key() -> None:
    speed = Percentiles(1, 2, 3, 4)
    figures = {("openai", "m"): Measured(99.5, 98, 97, speed, speed, 10)}
    for shows_speed in (True, False):
        shape = endpoint_shape(model(), endpoint(), figures, NOW_MS, shows_speed=shows_speed)
        assert (shape["uptime_last_5m"], shape["uptime_last_30m"], shape["uptime_last_1d"]) == (99.5, 98, 97)
        wanted = {"p50": 1, "p75": 2, "p90": 3, "p99": 4} if shows_speed else None
        assert shape["latency_last_30m"] == shape["throughput_last_30m"] == wanted


def test_the_official_client_takes_every_model_and_endpoint(catalogue: Catalogue) -> None:
    for each in (*catalogue.models, *ROUTERS):
        target = catalogue.find(each.alias_of) if each.alias_of else None
        plain = json.loads(msgspec.json.encode(model_shape(each, each.endpoints, NOW_MS, target)))
        taken = components.Model.model_validate(plain)
        assert taken.id == each.id
        for one in each.endpoints:
            shape = json.loads(msgspec.json.encode(endpoint_shape(each, one, {}, NOW_MS, shows_speed=True)))
            assert components.PublicEndpoint.model_validate(shape).tag == one.tag


def test_the_official_client_takes_every_model_of_pictures(catalogue: Catalogue) -> None:
    pictures = [each for each in catalogue.models if "image" in each.output_modalities]
    assert pictures
    for each in pictures:
        plain = json.loads(msgspec.json.encode(picture_model(each, each.endpoints)))
        assert components.ImageModelListItem.model_validate(plain).id == each.id
        for one in each.endpoints:
            shape = json.loads(msgspec.json.encode(picture_endpoint(one, NOW_MS)))
            assert components.ImageEndpoint.model_validate(shape).provider_slug == one.host.slug


def test_a_picture_is_billed_as_its_model_is() -> None:
    priced = ModelPrice(id="m", input=5_000_000_000, output=30_000_000_000)
    by_token = endpoint(price=priced, others={"image_token": 8_000})
    assert picture_endpoint(by_token, NOW_MS)["pricing"] == [
        {"billable": "input_text", "unit": "token", "cost_usd": 0.000005},
        {"billable": "input_image", "unit": "token", "cost_usd": 0.000008},
        {"billable": "output_image", "unit": "token", "cost_usd": 0.00003},
    ]
    by_picture = endpoint("grok", price=ModelPrice(id="m", input=0, output=0), others={"image": 60_000_000})
    assert picture_endpoint(by_picture, NOW_MS)["pricing"] == [
        {"billable": "output_image", "unit": "image", "cost_usd": 0.06}
    ]


def test_a_host_says_where_its_policies_are() -> None:
    shape = host_shape(HOSTS["mistral"])
    assert (shape["slug"], shape["headquarters"], shape["datacenters"]) == ("mistral", "FR", None)
    assert host_shape(HOSTS["local"])["privacy_policy_url"] is None
