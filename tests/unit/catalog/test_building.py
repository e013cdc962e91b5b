"""One catalogue out of four sources."""

from __future__ import annotations

import json

import pytest

from torana.catalog import own_models, synced
from torana.catalog.building import BuildError, build
from torana.catalog.curated import Curated, parse, read_builtin
from torana.catalog.market import Catalogue, Endpoint, Model
from torana.catalog.own_models import Own
from torana.catalog.prices import Prices, parse_override
from torana.catalog.synced import Synced
from torana.storage.pricing import builtin_table

CURATED = parse(
    json.dumps(
        {
            "version": "v",
            "parameters": {"base": ["max_tokens", "top_k"], "tools": ["tools"]},
            "models": [
                {
                    "id": "acme/house",
                    "name": "Acme: House",
                    "canonical": "acme/house-20260102",
                    "created": "2026-01-02",
                    "context": 1000,
                    "output": 100,
                    "inputs": "text+image",
                    "parameters": "base tools",
                    "score": 0.5,
                    "hosts": {
                        "openai": {"name": "house", "tiers": {"flex": 500}},
                        "groq": [{"name": "house-q", "tag": "turbo", "quantization": "fp8", "context": 500}],
                        "mistral": "unpriced",
                    },
                },
                {
                    "id": "acme/finder",
                    "outputs": "rerank",
                    "hosts": {"cohere": {"name": "find", "others": {"request": 0.002}}},
                },
                {"id": "acme/gone", "hosts": {"mistral": "unpriced"}},
                {"id": "~acme/house-latest", "alias_of": "acme/house"},
                {"id": "~acme/gone-latest", "alias_of": "acme/gone"},
            ],
        }
    ).encode()
)
PRICES = Prices(
    parse_override(
        json.dumps(
            {
                "openai": {"house": {"input": 2, "output": 8, "cache_read": 1}},
                "groq": {"house-q": {"input": 1, "output": 4}},
                "openrouter": {"acme/house": {"input": 3, "output": 9}},
            }
        ).encode(),
        "test",
    )
)
LISTED = {
    "id": "acme/house",
    "name": "Acme: House, listed",
    "context_length": 2000,
    "architecture": {"input_modalities": ["text"], "output_modalities": ["text"], "tokenizer": "House"},
    "pricing": {"prompt": "0.000005", "completion": "0.00001"},
    "supported_parameters": ["temperature"],
    "reasoning": {"mandatory": True},
}


def listed(*entries: dict[str, object]) -> Synced:
    return synced.parse(json.dumps({"data": entries}).encode())


def own(text: str) -> Own:
    return own_models.parse(text.encode(), ".yaml")


def model(catalogue: Catalogue, name: str) -> Model:
    found = catalogue.find(name)
    assert found is not None
    return found


def at(found: Model, tag: str) -> Endpoint:
    return next(endpoint for endpoint in found.endpoints if endpoint.tag == tag)


def test_a_model_is_at_every_host_whose_price_is_known() -> None:
    found = model(build(CURATED, PRICES), "acme/house")
    assert [endpoint.tag for endpoint in found.endpoints] == ["openai", "openai/flex", "groq/turbo", "openrouter"]
    usual, turbo = at(found, "openai"), at(found, "groq/turbo")
    assert (usual.price.input, usual.context_length, usual.max_completion_tokens) == (2_000_000_000, 1000, 100)
    assert usual.supported_parameters == {"max_tokens", "top_k", "tools"}
    assert usual.has_implicit_caching
    assert (turbo.quantization, turbo.context_length, turbo.has_implicit_caching) == ("fp8", 500, False)
    assert turbo.supported_parameters == {"max_tokens", "tools"}  # Groq has no `top_k`
    assert (found.created, found.canonical_slug, found.score) == (1_767_312_000, "acme/house-20260102", 0.5)


def test_a_service_tier_is_a_share_of_the_price() -> None:
    flex = at(model(build(CURATED, PRICES), "acme/house"), "openai/flex")
    assert (flex.tier, flex.price.input, flex.price.output, flex.price.cache_read) == (
        "flex",
        1_000_000_000,
        4_000_000_000,
        500_000_000,
    )


def test_what_is_counted_in_requests_has_its_price() -> None:
    (found,) = model(build(CURATED, PRICES), "acme/finder").endpoints
    assert (found.price.request, found.price.input, found.others) == (2_000_000, 0, {})


def test_a_model_that_nobody_serves_at_a_known_price_is_not_there_and_neither_is_its_alias() -> None:
    catalogue = build(CURATED, PRICES)
    assert catalogue.find("acme/gone") is None
    assert catalogue.find("~acme/gone-latest") is None


def test_names_lead_to_the_model() -> None:
    catalogue = build(CURATED, PRICES)
    for name in ("acme/house", "ACME/House", "acme/house-20260102", "Acme: House", "~acme/house-latest"):
        assert model(catalogue, name).id == "acme/house"


def test_ids_of_endpoints_stay_and_versions_follow_the_content() -> None:
    first, second = build(CURATED, PRICES), build(CURATED, PRICES)
    assert first.version == second.version
    assert [e.id for m in first.models for e in m.endpoints] == [e.id for m in second.models for e in m.endpoints]
    assert len({e.id for m in first.models if not m.alias_of for e in m.endpoints}) == 5
    dearer = Prices(parse_override(b'{"openai": {"house": {"input": 2.1, "output": 8}}}', "test"))
    assert build(CURATED, dearer).version != first.version


def test_a_synced_list_goes_before_the_table() -> None:
    found = model(build(CURATED, PRICES, listed(LISTED)), "acme/house")
    assert (found.name, found.context_length, found.input_modalities) == ("Acme: House, listed", 2000, ("text",))
    assert found.score == 0.5
    assert found.reasoning is not None
    assert at(found, "openai").price.input == 2_000_000_000
    last = at(found, "openrouter")
    assert (last.price.input, last.supported_parameters) == (5_000_000_000, frozenset({"temperature"}))


def test_models_and_aliases_that_only_a_synced_list_has_are_there() -> None:
    new = {**LISTED, "id": "other/new", "name": "Other: New"}
    alias = {**LISTED, "id": "~other/latest", "alias_target": {"slug": "other/new", "name": "x"}}
    router = {**LISTED, "id": "openrouter/auto", "pricing": {"prompt": "-1", "completion": "-1"}}
    batch = {**LISTED, "id": "other/new:batch"}
    catalogue = build(CURATED, PRICES, listed(new, alias, router, batch))
    assert [endpoint.host.slug for endpoint in model(catalogue, "other/new").endpoints] == ["openrouter"]
    assert model(catalogue, "~other/latest").id == "other/new"
    assert catalogue.find("openrouter/auto") is None
    assert catalogue.find("other/new:batch") is None


def test_synced_endpoints_say_more_of_hosts_that_are_known() -> None:
    entry = {
        **LISTED,
        "endpoints": [
            {"tag": "openai", "quantization": "fp16", "context_length": 900, "max_completion_tokens": 90},
            {"tag": "elsewhere", "context_length": 1},
        ],
    }
    found = model(build(CURATED, PRICES, listed(entry)), "acme/house")
    usual = at(found, "openai")
    assert (usual.quantization, usual.context_length, usual.max_completion_tokens) == ("fp16", 900, 90)
    assert usual.supported_parameters == {"max_tokens", "top_k", "tools"}
    assert at(found, "groq/turbo").context_length == 500


def test_the_operators_endpoints_take_the_place_of_the_others() -> None:
    text = "models: [{id: acme/house, endpoints: [{provider: local, model: smollm2}]}]"
    found = model(build(CURATED, PRICES, own=own(text)), "Acme: House")
    (endpoint,) = found.endpoints
    assert (endpoint.host.slug, endpoint.name, endpoint.price.input, endpoint.price.output) == (
        "local",
        "smollm2",
        0,
        0,
    )
    assert endpoint.is_zdr
    assert found.context_length == 1000


def test_or_come_to_them_where_they_say_also() -> None:
    text = (
        "models: [{id: acme/house, also: true, endpoints: [{provider: ollama, model: house, tag: mine, zdr: false}]}]"
    )
    found = model(build(CURATED, PRICES, own=own(text)), "acme/house")
    assert [endpoint.tag for endpoint in found.endpoints][:2] == ["mine", "openai"]
    assert not found.endpoints[0].is_zdr


def test_a_model_of_the_operators_own_has_their_prices() -> None:
    text = """
models:
  - id: mine/one
    score: 0.1
    input_modalities: [text, image]
    supported_parameters: [tools]
    endpoints:
      - provider: custom-rig
        model: one
        price: {input: 0.1, output: 0.25, reasoning: 0.5, request: 0.001, image: 0.02}
"""
    (endpoint,) = model(build(CURATED, PRICES, own=own(text)), "mine/one").endpoints
    price = endpoint.price
    assert (price.input, price.output, price.reasoning) == (100_000_000, 250_000_000, 500_000_000)
    assert (price.request, endpoint.others) == (1_000_000, {"image": 20_000_000})
    assert endpoint.supported_parameters == {"tools"}
    assert endpoint.host.provider == "custom-rig"


def test_aliases_and_hidden_models() -> None:
    text = "{aliases: {mine/default: acme/house}, hidden: [acme/finder, '~*']}"
    catalogue = build(CURATED, PRICES, own=own(text))
    alias = next(each for each in catalogue.models if each.id == "mine/default")
    assert (alias.alias_of, model(catalogue, "mine/default").id) == ("acme/house", "acme/house")
    assert catalogue.find("acme/finder") is None
    assert catalogue.find("~acme/house-latest") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("aliases: {mine/a: acme/nothing}", "`mine/a` stands for `acme/nothing`, which is no model"),
        ("models: [{id: mine/one}]", "needs `endpoints`"),
        ("models: [{id: mine/one, endpoints: [{provider: mistral, model: unpriced}]}]", "give its `price`"),
    ],
)
def test_what_cannot_be_built_is_told(text: str, said: str) -> None:
    with pytest.raises(BuildError, match=said):
        build(CURATED, PRICES, own=own(text))


@pytest.fixture(scope="module")
def builtin() -> Curated:
    return read_builtin()


def test_the_built_in_catalogue_reaches_openrouter_and_the_embedded_model(builtin: Curated) -> None:
    catalogue = build(builtin, Prices(builtin_table()))
    assert len(catalogue.models) >= 300
    assert [e.host.slug for e in model(catalogue, "local/smollm2-135m-instruct").endpoints] == ["local"]
    assert [e.host.slug for e in model(catalogue, "openai/gpt-oss-20b:free").endpoints] == ["openrouter"]
    gpt = model(catalogue, "openai/gpt-4o")
    assert {"openai", "azure", "openrouter"} <= {endpoint.host.slug for endpoint in gpt.endpoints}
    ids = [endpoint.id for each in catalogue.models if not each.alias_of for endpoint in each.endpoints]
    assert len(ids) == len(set(ids))
    tags = [(e.model, e.tag) for each in catalogue.models if not each.alias_of for e in each.endpoints]
    assert len(tags) == len(set(tags))
